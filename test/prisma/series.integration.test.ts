import { expect, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { createSubject, instrumentedClient } from './subject.ts'

test('exposes the row counters of every model at 0 before the first row', async () => {
  const subject = await createSubject()
  instrumentedClient(subject)
  const now = await snapshot(subject.registry)
  const models = 'Workspace DataSource Alert Tag DriftEvent QualityReport JobRun'.split(' ')
  for (const model of models) {
    for (const rows of ['inserts', 'updates', 'deletes', 'upserts']) {
      expect(now.value(`prisma_model_${rows}_total`, { model })).toBe(0)
    }
  }
  const text = await subject.registry.metrics()
  expect(text.match(/^prisma_model_inserts_total\{/gm)).toHaveLength(models.length)
})

test('uses the prefix and buckets of the options', async () => {
  const subject = await createSubject({ prefix: 'orm_', buckets: [0.25, 60] })
  await instrumentedClient(subject).tag.count()
  const text = await subject.registry.metrics()
  expect(text).not.toMatch(/^prisma_/m)
  const bounds = [...text.matchAll(/^orm_operation_duration_seconds_bucket\{le="(.*?)"/gm)]
  expect(bounds.map(([, bound]) => bound)).toEqual(['0.25', '60', '+Inf'])
})

test('folds label values beyond maxSeries into $other without losing counts', async () => {
  const subject = await createSubject({ maxSeries: 2 })
  const prisma = instrumentedClient(subject)
  await prisma.workspace.create({ data: { id: 1, slug: 'a', name: 'a' } })
  await prisma.tag.create({ data: { name: 'a' } })
  await prisma.tag.create({ data: { name: 'b' } })
  await prisma.jobRun.createMany({ data: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
  await prisma.jobRun.count()
  await prisma.tag.deleteMany()

  const now = await snapshot(subject.registry)
  for (const model of ['Workspace', 'DataSource', '$other']) {
    expect(now.value('prisma_model_inserts_total', { model })).toBeGreaterThanOrEqual(0)
  }
  const inserts = (model?: string): number =>
    now.value('prisma_model_inserts_total', model === undefined ? {} : { model })
  // The models of the schema come first, in its order.
  expect(inserts('Workspace')).toBe(1)
  expect(inserts('$other')).toBe(5)
  expect(inserts()).toBe(6)
  const operations = 'prisma_operation_duration_seconds_count'
  expect(now.value(operations, { model: '$other', operation: '$other' })).toBe(3)
  expect(now.value(operations)).toBe(6)

  const text = await subject.registry.metrics()
  expect(text.match(/^prisma_operation_duration_seconds_count\{/gm)).toHaveLength(3)
  expect(text.match(/^prisma_model_inserts_total\{/gm)).toHaveLength(3)
  const dropped = (metric: string): number => now.value('prisma_series_dropped_total', { metric })
  expect(dropped('prisma_operation_duration_seconds')).toBeGreaterThanOrEqual(3)
  expect(dropped('prisma_model_inserts_total')).toBeGreaterThanOrEqual(5)
  expect(subject.faults).toEqual([])
})

test('counts a write as one row without the adapter, even if relations are returned', async () => {
  const subject = await createSubject()
  const prisma = subject.client(
    new PrismaClient({ adapter: subject.adapter() }).$extends(subject.metrics.extension),
  )
  await prisma.workspace.create({ data: { id: 1, slug: 'a', name: 'a' } })
  await prisma.alert.createManyAndReturn({
    data: ['a', 'b'].map((title) => ({ title, workspaceId: 1 })),
  })

  const alerts = await prisma.workspace.update({ where: { id: 1 }, data: { name: 'b' } }).alerts()

  expect(alerts).toHaveLength(2)
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_model_inserts_total', { model: 'Alert' })).toBe(2)
  expect(now.value('prisma_model_updates_total', { model: 'Workspace' })).toBe(1)
})

test('bounds a metric by maxSeries across repeated instrumentations', async () => {
  const subject = await createSubject({ maxSeries: 3 })
  for (const table of 'abcdef') {
    const metrics = prismaMetrics({ registry: subject.registry, maxSeries: 3 })
    const prisma = instrumentedClient({ ...subject, metrics })
    await expect(prisma.$executeRawUnsafe(`DELETE FROM none_${table}`)).rejects.toThrow(table)
  }
  const text = await subject.registry.metrics()
  const statements = text.match(/^prisma_statement_duration_seconds_count\{.*/gm)
  expect(statements).toHaveLength(4)
  expect(statements?.at(-1)).toMatch(/model="\$other",statement="\$other"\} 3$/)
})
