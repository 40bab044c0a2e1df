import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { type MetricRegistry, prismaMetrics } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { everything, Script } from './script.ts'
import { createSubject, instrumentedClient, type Subject } from './subject.ts'
import { asClient } from '../support/as-client.ts'
import { breakMetric } from '../support/break-metric.ts'

/** Our extension with another one inside it, which is nearer to the database. */
function withInside(
  subject: Subject,
  inside: (query: () => Promise<unknown>) => Promise<unknown>,
): PrismaClient {
  const extension = Prisma.defineExtension({
    query: { $allOperations: ({ args, query }) => inside(() => query(args)) },
  })
  return asClient(instrumentedClient(subject).$extends(extension))
}

const rejection = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => expect.unreachable('expected a rejection'),
    (error: unknown) => error,
  )

test.each<[string, (prisma: PrismaClient) => PromiseLike<unknown>]>([
  ['an operation', (prisma) => prisma.tag.delete({ where: { name: 'none' } })],
  ['a raw operation', (prisma) => prisma.$queryRaw`SELECT 1/0`],
  ['a validation', (prisma) => prisma.tag.create({ data: {} as never })],
  [
    'an operation in a transaction',
    (prisma) => prisma.$transaction((tx) => tx.tag.delete({ where: { name: 'none' } })),
  ],
])('the error of %s passes through as the object that it is', async (_what, fail) => {
  const subject = await createSubject()
  let inner: unknown
  const prisma = withInside(subject, async (query) => {
    try {
      return await query()
    } catch (error) {
      inner = error
      throw error
    }
  })

  const error = await rejection(fail(prisma))
  expect(error).toBeInstanceOf(Error)
  expect(error).toBe(inner)
})

test.each([undefined, null, 0, '', false])('passes a rejection with %s through', async (reason) => {
  const subject = await createSubject()
  const prisma = withInside(subject, () => Promise.reject(reason))

  expect(await rejection(prisma.tag.count())).toBe(reason)
  expect(await rejection(prisma.$transaction((tx) => tx.tag.count()))).toBe(reason)
  expect(await rejection(prisma.$transaction(() => Promise.reject(reason)))).toBe(reason)

  const now = await snapshot(subject.registry)
  const labels = { model: 'Tag', operation: 'count', code: 'unknown' }
  expect(now.value('prisma_operation_errors_total', labels)).toBe(2)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
  expect(now.value('prisma_transactions_in_flight')).toBe(0)
  expect(subject.faults).toEqual([])
})

test('passes a result that another extension has replaced through', async () => {
  const subject = await createSubject()
  const prisma = subject
    .client(new PrismaClient({ adapter: subject.adapter() }).$extends(subject.metrics.extension))
    .$extends({ query: { tag: { createMany: () => Promise.resolve(undefined as never) } } })
  expect(await prisma.tag.createMany({ data: [{ name: 'a' }] })).toBe(undefined)
  expect(subject.faults).toEqual([])
})

test('counts errors by code', async () => {
  const subject = await createSubject()
  const prisma = instrumentedClient(subject)
  await prisma.tag.create({ data: { name: 'a' } })
  await rejection(prisma.tag.create({ data: { name: 'a' } }))
  await rejection(prisma.tag.update({ where: { name: 'none' }, data: { name: 'b' } }))
  await rejection(prisma.tag.create({ data: {} as never }))
  await rejection(prisma.$executeRaw`SELECT 1/0`)

  const now = await snapshot(subject.registry)
  const errors = (labels: Record<string, string>): number =>
    now.value('prisma_operation_errors_total', labels)
  expect(errors({ model: 'Tag', operation: 'create', code: 'P2002' })).toBe(1)
  expect(errors({ model: 'Tag', operation: 'update', code: 'P2025' })).toBe(1)
  expect(errors({ model: 'Tag', operation: 'create', code: 'validation' })).toBe(1)
  expect(errors({ model: '$raw', operation: '$executeRaw', code: 'P2010' })).toBe(1)
  expect(errors({})).toBe(4)
  expect(now.value('prisma_statement_errors_total', { kind: 'UniqueConstraintViolation' })).toBe(1)
  expect(now.value('prisma_statement_errors_total', { kind: 'postgres' })).toBe(1)
})

test('counts a connection that the server ends as closed, not as an error of a statement', async () => {
  const subject = await createSubject()
  const { database } = subject
  const asleep = rejection(instrumentedClient(subject).$queryRaw`SELECT pg_sleep(60)::text`)
  await vi.waitFor(
    async () => {
      const ended = await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`,
      )
      expect(ended.length).toBe(1)
    },
    { timeout: 20_000 },
  )
  await asleep
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_statement_errors_total', { kind: 'ConnectionClosed' })).toBe(1)
  expect(now.value('prisma_statement_errors_total')).toBe(1)
})

/** A registry whose metrics can be made to fail at every touch but one. */
function fragileRegistry(): { registry: MetricRegistry; breakAll(): void } {
  const metrics = new Map<string, Record<string, unknown>>()
  return {
    registry: {
      registerMetric(metric: Record<string, unknown> & { name: string }) {
        metrics.set(metric.name, metric)
      },
      getSingleMetric: (name) => metrics.get(name),
    },
    breakAll() {
      for (const metric of metrics.values()) {
        metric['with'] = () => {
          throw new Error('this metric is broken')
        }
      }
    },
  }
}

test.each([
  ['an onError that listens', false],
  ['an onError that throws', true],
])('keeps a failure of the instrumentation from the query, with %s', async (_what, hostile) => {
  const expected = new Script()
  await everything(instrumentedClient(await createSubject(), { max: 1 }), expected)

  const fragile = fragileRegistry()
  const faults: unknown[] = []
  const metrics = prismaMetrics({
    registry: fragile.registry,
    onError(error) {
      faults.push(error)
      if (hostile) throw error
    },
  })
  const subject = { ...(await createSubject()), metrics }
  const prisma = instrumentedClient(subject, { max: 1 })
  fragile.breakAll()
  const script = new Script()
  await everything(prisma, script)

  expect(script.steps).toEqual(expected.steps)
  expect(faults.length).toBeGreaterThan(100)
  expect(new Set(faults.map(String))).toEqual(new Set(['Error: this metric is broken']))
  const counter = fragile.registry.getSingleMetric('prisma_instrumentation_errors_total')
  const { values } = await (counter as { get(): Promise<{ values: { value: number }[] }> }).get()
  expect(values.map(({ value }) => value)).toEqual([faults.length])
})

test('counts rows and calls handlers while any other metric fails', async () => {
  const failures: unknown[] = []
  const subject = await createSubject({
    migrations: false,
    failedOperation: { onFailed: (failure) => failures.push(failure), intervalSeconds: 0 },
  })
  const { metrics, registry, faults } = subject
  const prisma = instrumentedClient(subject, {}, { comments: [metrics.comments] })
  const events: unknown[] = []
  metrics.on('Tag', 'createManyAndReturn', (event) => events.push(event))
  const work = async (): Promise<void> => {
    await prisma.tag.createManyAndReturn({ data: [{ name: `tag ${events.length}` }] })
    await prisma.tag.create({ data: { name: 'tag 0' } }).catch(() => {})
  }
  await work()
  for (const name of [
    'prisma_operation_rows',
    'prisma_operation_errors_total',
    'prisma_operation_duration_seconds',
    'prisma_statement_duration_seconds',
    'prisma_operation_statements_total',
  ]) {
    breakMetric(registry, name)
    faults.length = 0
    await work()
    expect(faults.map(String), name).toContain(`Error: ${name} is broken`)
    const now = await snapshot(registry)
    const rows = now.value('prisma_model_inserts_total', { model: 'Tag' })
    expect({ name, rows, failures: failures.length }).toEqual({
      name,
      rows: events.length,
      failures: events.length,
    })
  }
  expect(events).toHaveLength(6)
})

test('runs no effect of a rolled-back transaction if the recording of its error fails', async () => {
  const subject = await createSubject()
  const fragile = fragileRegistry()
  const metrics = prismaMetrics({ registry: fragile.registry, onError: () => {} })
  const client = new PrismaClient({ adapter: subject.adapter() }).$extends(metrics.extension)
  const prisma = subject.client(client as unknown as PrismaClient)
  await prisma.tag.create({ data: { name: 'a' } })
  fragile.breakAll()
  const effects: string[] = []
  // Postgres answers the COMMIT with ROLLBACK, which the driver does not report.
  await prisma.$transaction(async (tx) => {
    metrics.afterCommit(() => effects.push('committed'))
    await tx.tag.create({ data: { name: 'a' } }).catch(() => {})
  })
  expect(effects).toEqual([])
})

test('ignores a rejection of onError', async () => {
  const rejections: unknown[] = []
  const listener = (reason: unknown): unknown => rejections.push(reason)
  process.on('unhandledRejection', listener)
  onTestFinished(() => void process.off('unhandledRejection', listener))
  const fragile = fragileRegistry()
  const metrics = prismaMetrics({
    registry: fragile.registry,
    onError: async (error) => {
      throw error
    },
  })
  const prisma = instrumentedClient({ ...(await createSubject()), metrics })
  fragile.breakAll()

  await prisma.tag.count()
  await setImmediate()
  expect(rejections).toEqual([])
})

test('leaves nothing in flight after an array that Prisma rejects', async () => {
  const subject = await createSubject()
  const prisma = instrumentedClient(subject)

  const array = [prisma.tag.count(), Promise.resolve(1), prisma.tag.findMany()] as never[]
  expect(() => prisma.$transaction(array)).toThrow('Prisma Client promises')
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})
