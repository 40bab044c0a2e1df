import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { diag, DiagLogLevel } from '@opentelemetry/api'
import { expect, onTestFinished, test } from 'vitest'
import { metricProducer } from '../../src/opentelemetry/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { heapInUse } from '../support/heap.ts'
import { exporting } from './exporting.ts'
import { accept, hang, refuse } from './otlp/receiver.ts'
import { ownMetrics, sqliteClient } from './registry.ts'

test('no query waits for a receiver that hangs, and one request at most is open', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  await subject.client.tag.findMany()
  await using exported = await exporting({ registry, timeout: 60_000 })
  const { receiver, reader } = exported
  let answer = (_status: number): void => {}
  receiver.manner = () => new Promise((resolve) => (answer = resolve))
  const flushes = [reader.forceFlush(), reader.forceFlush()]
  while (receiver.open === 0) await sleep(5)
  // All of them end while the first export is still waiting for its answer.
  for (let left = 200; left > 0; left--) {
    await subject.client.tag.findMany()
    expect(receiver.open).toBe(1)
  }
  receiver.manner = accept
  answer(200)
  await Promise.all(flushes)
  await exported.flush()
  const counted = receiver.ledger.total('db.client.operation.duration', {
    'db.operation.name': 'findMany',
  })
  expect(counted.count).toBe(201)
  expect(receiver.ledger.violations).toEqual([])
})

const slow = async (): Promise<number> => {
  await sleep(80)
  return 200
}

test.each([
  ['refuses', refuse, 4, { interval: 100, timeout: 60 }],
  ['hangs', hang, 4, { interval: 400, timeout: 200 }],
  ['is slow', slow, 0, { interval: 500, timeout: 500 }],
] as const)(
  'periodic exports to a receiver that %s delay no query, and report each failure once',
  async (_, manner, expectedFailures, times) => {
    const said: string[] = []
    const log = (text: string): void => void said.push(text)
    diag.setLogger(
      { error: log, warn: log, info() {}, debug() {}, verbose() {} },
      DiagLogLevel.WARN,
    )
    onTestFinished(() => diag.disable())
    const registry = new Registry()
    await using subject = await sqliteClient({ registry })
    await using exported = await exporting({ registry, ...times })
    const { receiver } = exported
    let asked = 0
    let most = 0
    receiver.manner = () => {
      asked += 1
      most = Math.max(most, receiver.open)
      return manner()
    }
    let ended = 0
    while (asked < Math.max(expectedFailures, 2)) {
      await subject.client.tag.count()
      if (receiver.open > 0) ended += 1
      await sleep(1)
    }
    if (expectedFailures > 0) receiver.manner = accept
    // The next interval exports again.
    const before = receiver.requests.length
    while (receiver.requests.length === before) await sleep(5)
    expect(most).toBe(1)
    // Queries end while an export waits for its answer.
    expect(ended > 0 || manner === refuse).toBe(true)
    const failures = said.filter((text) => text.includes('PeriodicExportingMetricReader'))
    expect(failures.length).toBe(expectedFailures)
    expect(said.length).toBe(failures.length)
    await exported.flush({ timeoutSeconds: 5 })
    const counted = receiver.ledger.total('db.client.operation.duration')
    expect(counted.count).toBe(
      (await snapshot(registry)).value('prisma_operation_duration_seconds_count'),
    )
    expect(receiver.ledger.violations).toEqual([])
  },
)

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
