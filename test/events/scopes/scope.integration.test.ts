import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { snapshot } from '../../../src/testing/index.ts'
import { connect, gate } from '../connect.ts'

test('times a scope and counts its operations', async () => {
  const { prisma, metrics, registry } = await connect()

  const before = Date.now() / 1000
  const result = await metrics.scope('nightly', async () => {
    await prisma.tag.create({ data: { name: 'a' } })
    await prisma.tag.create({ data: { name: 'a' } }).catch(() => {})
    await prisma.$queryRaw`SELECT pg_sleep(0.05)::text`
    await sleep(50)
    return 'done'
  })

  expect(result).toBe('done')
  const now = await snapshot(registry)
  const nightly = { scope: 'nightly' }
  expect(now.value('prisma_scope_duration_seconds_count', { ...nightly, outcome: 'ok' })).toBe(1)
  expect(now.value('prisma_scope_duration_seconds_count', { ...nightly, outcome: 'error' })).toBe(0)
  expect(now.value('prisma_scope_operations_count', nightly)).toBe(1)
  expect(now.value('prisma_scope_operations_sum', nightly)).toBe(3)
  const seconds = now.value('prisma_scope_duration_seconds_sum', nightly)
  const database = now.value('prisma_scope_database_seconds_sum', nightly)
  expect(database).toBeGreaterThan(0.045)
  expect(seconds).toBeGreaterThan(database + 0.045)
  const success = now.value('prisma_scope_last_success_timestamp_seconds', nightly)
  expect(success).toBeGreaterThanOrEqual(before)
})

test('counts an error that a scope throws and rethrows it', async () => {
  const { metrics, registry } = await connect()
  const no = new Error('no')

  await expect(metrics.scope('job', () => Promise.reject(no))).rejects.toBe(no)
  await expect(
    metrics.scope('job', () => {
      throw no
    }),
  ).rejects.toBe(no)
  await expect(metrics.scope('job', () => Promise.reject())).rejects.toBeUndefined()

  const now = await snapshot(registry)
  expect(now.value('prisma_scope_duration_seconds_count', { scope: 'job', outcome: 'error' })).toBe(
    3,
  )
  expect(() =>
    now.value('prisma_scope_last_success_timestamp_seconds', { scope: 'job' }),
  ).not.toThrow()
  expect(now.value('prisma_scope_last_success_timestamp_seconds', { scope: 'job' })).toBe(0)
})

test('counts a query that the scope returns without awaiting it', async () => {
  const { prisma, metrics, registry } = await connect()

  await metrics.scope('lazy', () => prisma.tag.findMany())

  const now = await snapshot(registry)
  expect(now.value('prisma_scope_operations_sum', { scope: 'lazy' })).toBe(1)
})

test('keeps scopes of one tick apart and adds up parallel operations', async () => {
  const { prisma, metrics, registry } = await connect()
  const operations = (count: number) => async (): Promise<void> => {
    await Promise.all(
      Array.from({ length: count }, (_, id) => prisma.tag.findUnique({ where: { id } })),
    )
    await sleep(1)
    await prisma.$transaction(Array.from({ length: count }, () => prisma.tag.count()))
  }

  await Promise.all([
    metrics.scope('one', operations(1)),
    metrics.scope('two', operations(2)),
    metrics.scope('five', operations(5)),
    prisma.tag.findUnique({ where: { id: 0 } }),
  ])

  const now = await snapshot(registry)
  expect(now.value('prisma_scope_operations_sum', { scope: 'one' })).toBe(2)
  expect(now.value('prisma_scope_operations_sum', { scope: 'two' })).toBe(4)
  expect(now.value('prisma_scope_operations_sum', { scope: 'five' })).toBe(10)
})

test('counts operations of a nested scope in the outer scope, too', async () => {
  const { prisma, metrics, registry } = await connect()

  await metrics.scope('outer', async () => {
    await prisma.tag.count()
    await metrics.scope('inner', async () => {
      await prisma.tag.count()
      await metrics.scope('innermost', () => prisma.tag.count())
    })
    await prisma.tag.count()
  })

  const now = await snapshot(registry)
  const operations = ['outer', 'inner', 'innermost'].map((scope) =>
    now.value('prisma_scope_operations_sum', { scope }),
  )
  expect(operations).toEqual([4, 2, 1])
  const [outer = 0, inner = 0] = ['outer', 'inner'].map((scope) =>
    now.value('prisma_scope_database_seconds_sum', { scope }),
  )
  expect(outer).toBeGreaterThan(inner)
})

test('does not count operations that run after the end of the scope', async () => {
  const { prisma, metrics, registry } = await connect()
  const { passed, open } = gate()
  let left: Promise<unknown> | undefined

  await metrics.scope('outer', async () => {
    await metrics.scope('inner', async () => {
      await prisma.tag.count()
      left = passed.then(() => prisma.tag.count())
    })
    open()
    await left
  })

  const now = await snapshot(registry)
  expect(now.value('prisma_scope_operations_sum', { scope: 'inner' })).toBe(1)
  expect(now.value('prisma_scope_operations_sum', { scope: 'outer' })).toBe(1)
  expect(now.value('prisma_operation_duration_seconds_count', { model: 'Tag' })).toBe(2)
})

test('keeps the scopes of each client apart', async () => {
  const { prisma, metrics, registry } = await connect()
  const reports = await connect({ client: 'reports', registry })

  await metrics.scope('job', async () => {
    await prisma.tag.count()
    await reports.prisma.tag.count()
  })

  const now = await snapshot(registry)
  expect(now.value('prisma_scope_operations_sum', { scope: 'job', client: 'default' })).toBe(1)
  expect(now.value('prisma_scope_operations_sum', { client: 'default' })).toBe(1)
})

test('folds names beyond maxSeries into one', async () => {
  const { metrics, registry } = await connect({ maxSeries: 20 })

  for (let id = 0; id < 100; id++) await metrics.scope(`request ${id}`, () => {})

  const now = await snapshot(registry)
  expect(now.value('prisma_scope_operations_count')).toBe(100)
  expect(now.value('prisma_scope_operations_count', { scope: '$other' })).toBe(80)
})

test('rejects a scope without a name or a function', async () => {
  const { metrics } = await connect()

  await expect(metrics.scope('', () => {})).rejects.toThrow(
    'prisma-prometheus: metrics.scope(name): expected a string that is not empty, got ""',
  )
  await expect(metrics.scope('job', undefined as never)).rejects.toThrow(
    'metrics.scope(fn): expected a function, got undefined',
  )
})
