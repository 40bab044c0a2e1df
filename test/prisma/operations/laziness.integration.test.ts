import { setImmediate as tick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { snapshot } from '../../../src/testing/index.ts'
import { createSubject, instrumentedClient } from '../subject.ts'

test('does not run or count an operation that is never awaited', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)
  await prisma.$connect()
  const before = await snapshot(subject.registry)

  void prisma.tag.create({ data: { name: 'never' } })
  void prisma.$executeRaw`DELETE FROM "Tag"`
  await tick()

  expect(subject.sql).toEqual([])
  expect(await before.changes()).toEqual([])
})

test('counts each findUnique of one tick as an operation, sent as one SELECT', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
  subject.sql.length = 0
  const before = await snapshot(subject.registry)

  const find = (name: string) => prisma.tag.findUnique({ where: { name } })
  const found = await Promise.all(['a', 'b', 'c', 'none'].map(find))

  expect(found.map((tag) => tag?.name)).toEqual(['a', 'b', 'c', undefined])
  expect(subject.sql).toHaveLength(1)
  const count = (metric: string, labels: object): Promise<number> =>
    before.delta(`${metric}_count`, { model: 'Tag', ...labels })
  expect(await count('prisma_operation_duration_seconds', { operation: 'findUnique' })).toBe(4)
  expect(await count('prisma_statement_duration_seconds', { statement: 'select' })).toBe(1)
})

test('reports operations and transactions in flight', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)
  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    const inside = await snapshot(subject.registry)
    expect(inside.value('prisma_transactions_in_flight')).toBe(1)
    expect(inside.value('prisma_operations_in_flight')).toBe(0)
  })
  const slow = prisma.$queryRaw`SELECT pg_sleep(0.05)::text`.then(() => 'done')
  const during = await snapshot(subject.registry)
  expect(during.value('prisma_operations_in_flight')).toBe(1)
  expect(await slow).toBe('done')
  const after = await snapshot(subject.registry)
  expect(after.value('prisma_operations_in_flight')).toBe(0)
  expect(after.value('prisma_transactions_in_flight')).toBe(0)
})

test('keeps gauges and clears counters when the registry is reset', async () => {
  const subject = await createSubject({ legacyMetrics: { expose: true } })
  const prisma = instrumentedClient(subject)
  await prisma.tag.create({ data: { name: 'a' } })
  await snapshot(subject.registry)
  await prisma.$transaction(async (tx) => {
    const slow = tx.$queryRaw`SELECT pg_sleep(0.05)::text`.then(() => 'done')
    subject.registry.resetMetrics()
    const during = await snapshot(subject.registry)
    await slow
    expect(during.value('prisma_transactions_in_flight')).toBe(1)
    expect(during.value('prisma_operations_in_flight')).toBe(1)
    expect(during.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(0)
    expect(during.value('prisma_client_info')).toBe(1)
    expect(during.value('prisma_migrations', { state: 'applied' })).toBe(3)
  })
  const after = await snapshot(subject.registry)
  expect(after.value('prisma_transactions_in_flight')).toBe(0)
  expect(after.value('prisma_operations_in_flight')).toBe(0)
  expect(after.value('prisma_client_queries_active')).toBe(0)
})
