import { describe, expect, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { type MetricsSnapshot, snapshot } from '../../src/testing/index.ts'
import { createSubject, instrumentedClient, type Subject } from './subject.ts'
import { asClient } from '../support/as-client.ts'

/** One create, seen by both layers: what it added to the counters. */
async function countsOf(
  subject: Subject,
  prisma: Pick<PrismaClient, 'tag'>,
  labels: Record<string, string> = { client: 'default' },
): Promise<Record<string, number>> {
  const before: MetricsSnapshot = await snapshot(subject.registry)
  await prisma.tag.create({ data: { name: crypto.randomUUID() } })
  const delta = (name: string): Promise<number> => before.delta(name, { ...labels, model: 'Tag' })
  return {
    operations: await delta('prisma_operation_duration_seconds_count'),
    statements: await delta('prisma_statement_duration_seconds_count'),
    inserts: await delta('prisma_model_inserts_total'),
  }
}

const once = { operations: 1, statements: 1, inserts: 1 }

/** Another instrumentation of the subject's registry, as a hot reload makes one. */
const another = ({ registry }: Subject, client = 'default') => prismaMetrics({ registry, client })

describe('counts once if instrumented twice', () => {
  test('the same extension twice', async () => {
    const subject = await createSubject()
    const prisma = instrumentedClient(subject)
    expect(prisma.$extends(subject.metrics.extension)).toBe(prisma)
    expect(await countsOf(subject, prisma)).toEqual(once)
  })

  test('the same extension twice, with another one between', async () => {
    const subject = await createSubject()
    const prisma = instrumentedClient(subject).$extends({}).$extends(subject.metrics.extension)
    expect(await countsOf(subject, asClient(prisma))).toEqual(once)
  })

  test('the same adapter twice', async () => {
    const subject = await createSubject()
    const { metrics } = subject
    const wrapped = metrics.adapter(subject.adapter())
    expect(metrics.adapter(wrapped)).toBe(wrapped)
    const client = new PrismaClient({ adapter: metrics.adapter(wrapped) })
    const prisma = subject.client(client.$extends(metrics.extension))
    expect(await countsOf(subject, asClient(prisma))).toEqual(once)
  })

  test('two instrumentations of one registry and client', async () => {
    const subject = await createSubject()
    const second = another(subject)
    const adapter = second.adapter(subject.metrics.adapter(subject.adapter()))
    const prisma = subject
      .client(new PrismaClient({ adapter }))
      .$extends(subject.metrics.extension)
      .$extends(second.extension)
    expect(await countsOf(subject, asClient(prisma))).toEqual(once)
  })

  test('an adapter that an earlier instrumentation has wrapped', async () => {
    const subject = await createSubject()
    const client = new PrismaClient({ adapter: subject.metrics.adapter(subject.adapter()) })
    const prisma = subject.client(client).$extends(another(subject).extension)
    expect(await countsOf(subject, asClient(prisma))).toEqual(once)
    expect(await subject.registry.metrics()).not.toContain('row_source="operations"')
  })

  test.each(['before it connects', 'after it has connected'])(
    'a client whose adapter has the wrapped one inside, extended %s',
    async (when) => {
      const subject = await createSubject()
      const inner = subject.metrics.adapter(subject.adapter())
      const { provider, adapterName } = inner
      const outer = { provider, adapterName, connect: async () => inner.connect() }
      const client = new PrismaClient({ adapter: outer as typeof inner })
      if (when === 'after it has connected') await client.$connect()
      const prisma = subject.client(client).$extends(subject.metrics.extension)
      expect(await countsOf(subject, asClient(prisma))).toEqual(once)
      await prisma
        .$transaction(async (tx) => {
          await tx.tag.create({ data: { name: 'undone' } })
          throw new Error('undo')
        })
        .catch(() => {})
      const now = await snapshot(subject.registry)
      expect(now.value('prisma_rolled_back_rows_total')).toBe(1)
      const info = (await subject.registry.metrics()).match(/^prisma_client_info\{.*/gm)
      expect(info).toEqual([expect.stringContaining('row_source="statements"')])
    },
  )
})

describe('rejects a second client label of one registry', () => {
  test('a client', async () => {
    const subject = await createSubject()
    const prisma = instrumentedClient(subject)
    expect(() => prisma.$extends(another(subject, 'second').extension)).toThrow(
      'prisma-prometheus: $extends(metrics.extension): the client: expected one that is not instrumented under another client label of this registry, got one with the label "default" (the new label is "second")',
    )
    expect(await countsOf(subject, prisma)).toEqual(once)
  })

  test('an adapter', async () => {
    const subject = await createSubject()
    const adapter = subject.metrics.adapter(subject.adapter())
    expect(() => another(subject, 'second').adapter(adapter)).toThrow(
      'prisma-prometheus: metrics.adapter(factory): the factory: expected one that is not instrumented under another client label of this registry, got one with the label "default" (the new label is "second")',
    )
  })

  test('the layers of one client', async () => {
    const subject = await createSubject()
    const client = new PrismaClient({ adapter: subject.metrics.adapter(subject.adapter()) })
    expect(() => subject.client(client).$extends(another(subject, 'second').extension)).toThrow(
      'prisma-prometheus: $extends(metrics.extension): the adapter: expected one that is not instrumented under another client label of this registry, got one with the label "default" (the new label is "second")',
    )
  })
})

test('counts separately under two prefixes and in two registries', async () => {
  const subject = await createSubject()
  const second = prismaMetrics({ registry: subject.registry, prefix: 'orm_' })
  const adapter = second.adapter(subject.metrics.adapter(subject.adapter()))
  const prisma = asClient(
    subject
      .client(new PrismaClient({ adapter }))
      .$extends(subject.metrics.extension)
      .$extends(second.extension),
  )
  expect(await countsOf(subject, prisma)).toEqual(once)
  const now = await snapshot(subject.registry)
  expect(now.value('orm_model_inserts_total', { model: 'Tag' })).toBe(1)
  expect(now.value('orm_operation_duration_seconds_count', { model: 'Tag' })).toBe(1)
})

test('distinguishes several clients of a process by their label', async () => {
  const subject = await createSubject()
  const other = another(subject, 'reports')
  const adapter = other.adapter(subject.adapter())
  const reports = subject.client(new PrismaClient({ adapter }).$extends(other.extension))
  const main = instrumentedClient(subject)

  expect(await countsOf(subject, main)).toEqual(once)
  expect(await countsOf(subject, asClient(reports), { client: 'reports' })).toEqual(once)
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_model_inserts_total', { client: 'default' })).toBe(1)
  expect(now.value('prisma_model_inserts_total', { client: 'reports' })).toBe(1)
})

test('continues the series of the previous instrumentation', async () => {
  const subject = await createSubject()
  await countsOf(subject, instrumentedClient(subject))
  const reloaded = { ...subject, metrics: another(subject) }
  await countsOf(subject, instrumentedClient(reloaded))
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(2)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})
