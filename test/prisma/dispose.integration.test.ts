import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { trackersOf } from '../../src/metrics/scope-trackers.ts'
import { heapInUse } from '../support/heap.ts'
import { createSubject } from './subject.ts'

async function series(registry: Registry): Promise<string[]> {
  const text = await registry.metrics()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('removes series, gauges and scopes from the registry, and leaves those of others', async () => {
  const subject = await createSubject({ client: 'kept' })
  const { registry } = subject
  const stable = async (): Promise<string[]> =>
    (await series(registry)).filter((line) => !line.startsWith('prisma_event_loop_delay_seconds'))
  const kept = await stable()
  const metrics = prismaMetrics({ registry, client: 'gone', legacyMetrics: { expose: true } })
  const prisma = subject.client(
    metrics.instrument(new PrismaClient({ adapter: metrics.adapter(subject.adapter()) })),
  )
  metrics.gauge({ name: 'tags', help: 'Tags.', read: () => prisma.tag.count() })
  await metrics.scope('job', () => prisma.tag.create({ data: { name: 'a' } }))
  expect(await series(registry)).toContain('tags 1')
  expect(trackersOf(registry)).toHaveLength(1)

  metrics.dispose()
  metrics[Symbol.dispose]()

  expect(trackersOf(registry)).toEqual([])
  await prisma.tag.create({ data: { name: 'b' } })
  await metrics.scope('other job', () => prisma.tag.count())
  expect(await stable()).toEqual(kept)
  expect(registry.getSingleMetric('tags')).toBeUndefined()
  metrics.dispose()
  expect(subject.faults).toEqual([])
})

test('leaves the series to the instrumentation that has replaced it', async () => {
  const { registry, metrics: first } = await createSubject()
  const second = prismaMetrics({ registry })
  first.dispose()
  await second.scope('job', () => 1)
  expect(await series(registry)).toContain(
    'prisma_scope_duration_seconds_count{client="default",scope="job",outcome="ok"} 1',
  )
  second.dispose()
  expect(await series(registry)).toEqual([])
})

test('instruments the client of a disposed instrumentation again', async () => {
  const subject = await createSubject()
  const base = new PrismaClient({ adapter: subject.adapter() })
  const prisma = subject.client(subject.metrics.instrument(base))
  subject.metrics.dispose()
  const metrics = prismaMetrics({ registry: subject.registry })
  const again = metrics.instrument(prisma)

  await again.tag.count()

  expect(await series(subject.registry)).toContain(
    'prisma_operation_duration_seconds_count{client="default",model="Tag",operation="count"} 1',
  )
})

test('releases the memory of disposed instrumentations', async () => {
  const registry = new Registry()
  const references = Array.from({ length: 20 }, () => {
    const metrics = prismaMetrics({ registry })
    const adapter = metrics.adapter(new PrismaPg({ connectionString: 'postgres://127.0.0.1:1/x' }))
    const prisma = metrics.instrument(new PrismaClient({ adapter }))
    metrics.gauge({ name: 'answer', help: 'It.', read: () => 42 })
    metrics.dispose()
    return [new WeakRef(metrics), new WeakRef(prisma)]
  }).flat()

  await expect
    .poll(async () => {
      await heapInUse()
      return references.filter((reference) => reference.deref() !== undefined).length
    })
    .toBeLessThanOrEqual(2)
})
