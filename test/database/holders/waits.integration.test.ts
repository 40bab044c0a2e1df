import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { SlowOperation } from '../../../src/index.ts'
import { gate } from '../../events/connect.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { createSubject, instrumentedClient, type Subject } from '../../prisma/subject.ts'
import { valuesOf } from '../../prisma/values.ts'

/** Waits of at least a tenth of a second, by model and operation, and by scope. */
async function waits({ registry }: Subject): Promise<string[]> {
  const values = {
    ...(await valuesOf(registry, 'prisma_operation_wait_seconds_total')),
    ...(await valuesOf(registry, 'prisma_scope_wait_seconds_total')),
  }
  return Object.entries(values)
    .filter(([, seconds]) => seconds > 0.1)
    .map(([series]) => series.replace(/.*\{(.*)\}/, '$1'))
    .toSorted()
}

/** Runs `work` while the only connection is held, until 0.3 s after a caller has begun to wait. */
async function whileFull({ prisma, subject }: Full, work: () => Promise<unknown>): Promise<void> {
  const held = gate()
  const holder = prisma.$transaction(
    async (tx) => {
      await tx.tag.count()
      held.open()
      while ((await waiting(subject)) === 0) await sleep(5)
      await sleep(300)
    },
    { timeout: 30_000 },
  )
  await held.passed
  await Promise.all([holder, work()])
}

async function waiting({ registry }: Subject): Promise<number> {
  return (await snapshot(registry)).value('prisma_pool_pending_acquires') ?? 0
}

type Full = Awaited<ReturnType<typeof fullSubject>>

async function fullSubject(options = {}, commented = false) {
  const subject = await createSubject({ migrations: false, ...options })
  const { comments } = subject.metrics
  const prisma = instrumentedClient(subject, { max: 1 }, commented ? { comments: [comments] } : {})
  // The wait for the first connection, and Prisma's first plan of a query.
  await prisma.tag.count()
  await prisma.alert.findMany()
  subject.registry.resetMetrics()
  return { subject, prisma, scope: subject.metrics.scope }
}

test('begins the time of a statement when its connection is acquired', async () => {
  const slow: SlowOperation[] = []
  const full = await fullSubject({
    slowOperation: {
      seconds: 0.2,
      onSlow: (operation: SlowOperation) => void slow.push(operation),
    },
  })
  const { subject, prisma, scope } = full
  slow.length = 0

  await whileFull(full, async () => {
    await scope('victim', () => prisma.alert.findMany())
    await scope('slow', () => prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.3)`)
  })

  const statements = await valuesOf(subject.registry, 'prisma_statement_duration_seconds_sum')
  const alert = 'prisma_statement_duration_seconds_sum{model="Alert",statement="select"}'
  expect(statements[alert]).toBeLessThan(0.1)
  expect(await waits(subject)).toEqual(['model="Alert",operation="findMany"', 'scope="victim"'])
  expect(slow.map(({ model, scope: name }) => [model, name])).toEqual([['$raw', 'slow']])
})

test('attributes the waits of a burst that begins while a complete pool has free connections', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject, { max: 2 })
  const burst = async (size: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: size }, () => prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.2)`),
    )
  await burst(3)
  subject.registry.resetMetrics()
  await subject.metrics.scope('burst', () => burst(3))
  expect(await waits(subject)).toEqual(['model="$raw",operation="$queryRaw"', 'scope="burst"'])
})

test('attributes the waits of two scopes in one tick, or counts them as shared', async () => {
  const full = await fullSubject()
  const { subject, prisma, scope } = full

  await whileFull(full, () =>
    Promise.all([
      scope('lists', () => prisma.alert.findMany()),
      scope('counts', () => prisma.tag.count()),
    ]),
  )
  expect(await waits(subject)).toEqual([
    'model="Alert",operation="findMany"',
    'model="Tag",operation="count"',
    'scope="counts"',
    'scope="lists"',
  ])

  subject.registry.resetMetrics()
  await whileFull(full, () =>
    Promise.all([
      scope('one', () => prisma.tag.findUnique({ where: { name: 'a' } })),
      scope('two', () => prisma.workspace.findUnique({ where: { slug: 'a' } })),
    ]),
  )
  expect(await waits(subject)).toEqual(['model="$shared",operation="$shared"', 'scope="$shared"'])

  subject.registry.resetMetrics()
  await whileFull(full, () =>
    scope('merged', () =>
      Promise.all(
        ['a', 'b'].map((name) => prisma.tag.findUnique({ where: { name } }).then(() => undefined)),
      ),
    ),
  )
  expect(await waits(subject)).toEqual(['model="Tag",operation="findUnique"', 'scope="merged"'])
})

test('attributes the waits of merged operations through comments', async () => {
  const full = await fullSubject({}, true)
  const { subject, prisma, scope } = full

  await whileFull(full, () =>
    Promise.all([
      scope('one', () => prisma.tag.findUnique({ where: { name: 'a' } })),
      scope('two', () => prisma.workspace.findUnique({ where: { slug: 'a' } })),
    ]),
  )
  expect(await waits(subject)).toEqual([
    'model="Tag",operation="findUnique"',
    'model="Workspace",operation="findUnique"',
    'scope="one"',
    'scope="two"',
  ])
})

test('does not attribute an operation that an extension has delayed into the tick of another', async () => {
  const full = await fullSubject()
  const { subject, prisma, scope } = full
  const delayed = gate()
  const extended = prisma.$extends({
    query: {
      tag: {
        async findUnique({ args, query }) {
          await delayed.passed
          return query(args)
        },
      },
    },
  })

  await whileFull(full, async () => {
    const first = scope('delayed', () => extended.tag.findUnique({ where: { name: 'a' } }))
    await sleep(20)
    const second = scope('next', () => extended.workspace.findUnique({ where: { slug: 'a' } }))
    delayed.open()
    await Promise.all([first, second])
  })

  expect(await waits(subject)).toEqual(['model="$shared",operation="$shared"', 'scope="$shared"'])
})

test('attributes the wait of a BEGIN to the scope that opens the transaction', async () => {
  const full = await fullSubject()
  const { subject, prisma, scope } = full

  await whileFull(full, () =>
    scope('interactive', () => prisma.$transaction(async (tx) => tx.tag.count())),
  )
  expect(await waits(subject)).toEqual([
    'model="$transaction",operation="begin"',
    'scope="interactive"',
  ])

  subject.registry.resetMetrics()
  await whileFull(full, () =>
    scope('nested write', () =>
      prisma.workspace.create({
        data: { slug: 'a', name: 'A', alerts: { create: { title: 'late' } } },
      }),
    ),
  )
  expect(await waits(subject)).toEqual([
    'model="Workspace",operation="create"',
    'scope="nested write"',
  ])
})

test('carries the known wait of a slow operation', async () => {
  const slow: SlowOperation[] = []
  const full = await fullSubject({
    slowOperation: {
      seconds: 0.2,
      onSlow: (operation: SlowOperation) => void slow.push(operation),
    },
  })
  const { prisma } = full
  slow.length = 0

  await whileFull(full, () => prisma.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.3)`)

  const [operation] = slow
  expect(operation?.waitSeconds).toBeGreaterThan(0.2)
  expect(operation?.durationSeconds).toBeGreaterThan(0.5)
})
