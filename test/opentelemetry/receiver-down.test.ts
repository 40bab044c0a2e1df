import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { metricProducer } from '../../src/opentelemetry/index.ts'
import { heapInUse } from '../support/heap.ts'
import { exporting } from './exporting.ts'
import { accept, hang } from './otlp/receiver.ts'
import { ownMetrics, sqliteClient } from './registry.ts'

test('no query waits for a receiver that hangs, and one request at most is open', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  await subject.client.tag.findMany()
  await using exported = await exporting({ registry, interval: 3000, timeout: 3000 })
  const { receiver, reader } = exported
  receiver.manner = hang
  const flushes = [reader.forceFlush(), reader.forceFlush()]
  while (receiver.open === 0) await sleep(5)
  const started = performance.now()
  for (let left = 200; left > 0; left--) {
    await subject.client.tag.findMany()
    expect(receiver.open).toBe(1)
  }
  // All of them end while the first export is still waiting for its answer.
  expect(performance.now() - started).toBeLessThan(3000)
  receiver.manner = accept
  await Promise.all(flushes)
  await exported.flush()
  const counted = receiver.ledger.total('db.client.operation.duration', {
    'db.operation.name': 'findMany',
  })
  expect(counted.count).toBe(201)
  expect(receiver.ledger.violations).toEqual([])
})

test.each(['cumulative', 'delta'] as const)(
  'ten thousand collections that nobody receives keep no memory: %s',
  { timeout: 120_000 },
  async (temporality) => {
    const registry = new Registry()
    const { orders, sizes } = ownMetrics(registry)
    const producer = metricProducer({ registry, temporality })
    const collect = async (times: number): Promise<void> => {
      for (let tick = 0; tick < times; tick++) {
        orders.inc({ country: ['FR', 'DE', 'IT'][tick % 3] as string })
        sizes.observe({ kind: 'image' }, tick)
        await producer.collect()
      }
    }
    await collect(500)
    const before = await heapInUse()
    await collect(10_000)
    expect((await heapInUse()) - before).toBeLessThan(1_000_000)
  },
)
