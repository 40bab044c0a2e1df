import { AssertionError } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'
import { expectNoNPlusOne, expectOperations } from '../../src/testing/index.ts'
import { connect, gate } from '../events/connect.ts'

test('counts the operations of a function and returns its result', async () => {
  const { prisma, registry } = await connect()
  const twice = async (): Promise<string> => {
    await prisma.tag.count()
    await prisma.tag.count().catch(() => {})
    return 'done'
  }

  expect(await expectOperations(twice, { registry }).toBe(2)).toBe('done')
  expect(await expectOperations(twice, { registry }).toBeAtMost(2)).toBe('done')
  expect(await expectOperations(() => prisma.tag.findMany(), { registry }).toBe(1)).toEqual([])
  await expectOperations(() => 'nothing', { registry }).toBe(0)
})

test('names the operations if there are too many, most frequent first', async () => {
  const { prisma, registry } = await connect()
  const check = expectOperations(
    async () => {
      await prisma.tag.create({ data: { name: 'a' } })
      for (let id = 0; id < 3; id++) await prisma.tag.findUnique({ where: { id } })
      await prisma.$queryRaw`SELECT 1`
    },
    { registry },
  ).toBeAtMost(3)

  await expect(check).rejects.toThrow(AssertionError)
  await expect(check).rejects.toMatchObject({
    actual: 5,
    expected: 3,
    message:
      'expected at most 3 operations, got 5:\n  3 × Tag.findUnique\n  1 × Tag.create\n  1 × $raw.$queryRaw',
  })
})

test('fails if there are too few operations', async () => {
  const { registry } = await connect()

  await expect(expectOperations(() => {}, { registry }).toBe(1)).rejects.toThrow(
    'expected exactly 1 operations, got 0',
  )
})

test('counts concurrent operations elsewhere, but not later ones', async () => {
  const { prisma, metrics, registry } = await connect()
  const elsewhere = sleep(100).then(() => metrics.scope('job', () => prisma.tag.count()))
  let later: Promise<number> | undefined

  await expectOperations(
    async () => {
      await elsewhere
      later = sleep(50).then(() => prisma.tag.count())
    },
    { registry },
  ).toBe(1)
  await later
})

test('counts work that was set up in an earlier scope or check', async () => {
  const { prisma, metrics, registry } = await connect()
  // As a timer, a queue or a server does that is started lazily.
  const waiting = (): { begin(): Promise<void> } => {
    const { passed, open } = gate()
    const work = passed.then(async () => {
      for (let id = 0; id < 3; id++) await prisma.tag.findFirst({ where: { id } })
    })
    const begin = (): Promise<void> => {
      open()
      return work
    }
    return { begin }
  }
  const places = [
    () => metrics.scope('boot', waiting),
    () => expectOperations(waiting, { registry }).toBe(0),
  ]

  for (const setUp of places) {
    const counted = await setUp()
    const repeated = await setUp()
    await expectOperations(() => counted.begin(), { registry }).toBe(3)
    await expect(expectNoNPlusOne(() => repeated.begin(), { registry })).rejects.toThrow(
      '3 × Tag.findFirst',
    )
  }
})

test('counts operations of a scope that began earlier', async () => {
  const { prisma, metrics, registry } = await connect({ nPlusOne: false })
  const { passed, open } = gate()
  const find = (id: number): PromiseLike<unknown> => prisma.tag.findFirst({ where: { id } })
  const begun = gate()
  const worker = metrics.scope('worker', async () => {
    await find(0)
    begun.open()
    await passed
    for (let id = 0; id < 3; id++) await find(id)
  })
  await begun.passed
  const finish = async (): Promise<void> => {
    open()
    await worker
  }

  // Of a check around another one, too.
  await expectOperations(
    () => expect(expectNoNPlusOne(finish, { registry })).rejects.toThrow('3 × Tag.findFirst'),
    { registry },
  ).toBe(3)
})

test('supports nested and concurrent checks', async () => {
  const { prisma, registry } = await connect()
  const count = (): Promise<number> => prisma.tag.count()

  await expectOperations(
    async () => {
      await count()
      await expectOperations(count, { registry }).toBe(1)
    },
    { registry },
  ).toBe(2)
})

test('counts all clients of a registry', async () => {
  const { prisma, registry } = await connect()
  const reports = await connect({ client: 'reports', registry })

  await expectOperations(() => Promise.all([prisma.tag.count(), reports.prisma.tag.count()]), {
    registry,
  }).toBe(2)
})

test('rejects with the error of a failing function', async () => {
  const { prisma, registry } = await connect()
  const no = new Error('no')
  const fail = async (): Promise<void> => {
    for (let count = 0; count < 5; count++) await prisma.tag.count()
    throw no
  }

  await expect(expectOperations(fail, { registry }).toBe(0)).rejects.toBe(no)
  await expect(expectNoNPlusOne(fail, { registry })).rejects.toBe(no)
  await expectOperations(() => {}, { registry }).toBe(0)
})

test('names repeated calls with their stack', async () => {
  const { prisma, registry } = await connect({ nPlusOne: false })
  const list = async (): Promise<void> => {
    for (let id = 0; id < 3; id++) await prisma.tag.findFirst({ where: { id } })
  }

  await expect(expectNoNPlusOne(list, { registry })).rejects.toThrow(
    /^expected no operation to be called 3 times or more with the same structure of arguments, got:\n {2}3 × Tag\.findFirst \{ where: \{ id: \? \} \}\n {6}at .*expect-operations\.integration/,
  )
  await expectNoNPlusOne(list, { registry, threshold: 4 })
  await expectNoNPlusOne(
    () => Promise.all([1, 2, 3, 4].map((id) => prisma.tag.findUnique({ where: { id } }))),
    { registry },
  )
})

test('rejects a threshold that is not an integer of at least 2', async () => {
  const { registry } = await connect()

  for (const threshold of [Number.NaN, Infinity, 0, 1, 2.5]) {
    await expect(expectNoNPlusOne(() => {}, { registry, threshold })).rejects.toThrow(
      `prisma-prometheus: expectNoNPlusOne(fn, { threshold }): expected an integer of at least 2, got ${threshold}`,
    )
  }
})

test('rejects a registry without an instrumented client', async () => {
  await expect(expectOperations(() => {}, { registry: new Registry() }).toBe(0)).rejects.toThrow(
    'prisma-prometheus/testing: expectOperations(fn): expected a registry with the metrics of an extended client, got one without; pass { registry }',
  )
  // Nor is one whose client has its adapter wrapped only: no operation is seen there.
  const registry = new Registry()
  prismaMetrics({ registry })
  await expect(expectNoNPlusOne(() => {}, { registry })).rejects.toThrow(
    'expectNoNPlusOne(fn): expected a registry',
  )
})
