import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { beforeEach, expect, test } from 'vitest'
import { metricMatchers, type MetricMatchers, snapshot } from '../../src/testing/index.ts'

declare module 'vitest' {
  interface Matchers<T> extends MetricMatchers<Promise<T>> {}
}

expect.extend(metricMatchers)

let registry: Registry
let orders: Counter<'status' | 'country'>

beforeEach(() => {
  registry = new Registry()
  orders = new Counter({
    name: 'orders_total',
    help: 'Orders.',
    labelNames: ['status', 'country'],
    registers: [registry],
  })
  orders.inc({ status: 'paid', country: 'DE' }, 3)
  orders.inc({ status: 'open', country: 'DE' }, 1)
  orders.inc({ status: 'open', country: 'FR' }, 2)
})

test('sums the series that match the labels', async () => {
  const now = await snapshot(registry)

  expect(now.value('orders_total')).toBe(6)
  expect(now.value('orders_total', { status: 'open' })).toBe(3)
  expect(now.value('orders_total', { status: 'open', country: 'FR' })).toBe(2)
  expect(now.value('orders_total', { status: 'lost' })).toBe(0)
})

test('reads histograms by their samples', async () => {
  const histogram = new Histogram({
    name: 'seconds',
    help: 'Seconds.',
    buckets: [1, 2],
    registers: [registry],
  })
  histogram.observe(1.5)
  histogram.observe(5)
  const now = await snapshot(registry)

  expect(now.value('seconds_count')).toBe(2)
  expect(now.value('seconds_sum')).toBe(6.5)
  expect(now.value('seconds_bucket', { le: 2 })).toBe(1)
  expect(() => now.value('seconds')).toThrow(
    'expected a sample of the histogram (seconds_count, …_sum, …_bucket), got "seconds"',
  )
})

test('rejects an unknown name or label', async () => {
  const now = await snapshot(registry)

  expect(() => now.value('order_total')).toThrow(
    'prisma-prometheus/testing: expected the name of a metric in the registry, got "order_total"',
  )
  expect(() => now.value('orders_total', { state: 'open' })).toThrow(
    'prisma-prometheus/testing: "orders_total": expected one of its labels, got "state"',
  )
})

test('returns the change since the snapshot', async () => {
  const before = await snapshot(registry)
  orders.inc({ status: 'open', country: 'IT' }, 5)

  expect(await before.delta('orders_total')).toBe(5)
  expect(await before.delta('orders_total', { status: 'open' })).toBe(5)
  expect(await before.delta('orders_total', { status: 'paid' })).toBe(0)
  expect(before.value('orders_total')).toBe(6)
  expect(await before.changes()).toEqual([
    { name: 'orders_total', labels: { status: 'open', country: 'IT' }, before: 0, after: 5 },
  ])
})

test('counts a new metric from zero', async () => {
  const before = await snapshot(registry)
  new Gauge({ name: 'late', help: 'Late.', registers: [registry] }).set(4)

  expect(await before.delta('late')).toBe(4)
})

test('reports a removed series as changed', async () => {
  const before = await snapshot(registry)
  orders.remove({ status: 'open', country: 'FR' })

  expect(await before.delta('orders_total', { status: 'open' })).toBe(-2)
  expect(await before.changes()).toEqual([
    { name: 'orders_total', labels: { status: 'open', country: 'FR' }, before: 2, after: 0 },
  ])
})

test('toHaveIncremented checks any growth, growth by a number, and no growth', async () => {
  const before = await snapshot(registry)
  await expect(before).not.toHaveIncremented('orders_total')
  orders.inc({ status: 'open', country: 'FR' }, 2)

  await expect(before).toHaveIncremented('orders_total')
  await expect(before).toHaveIncremented('orders_total', { status: 'open' }, 2)
  await expect(before).not.toHaveIncremented('orders_total', { status: 'paid' })
  await expect(expect(before).toHaveIncremented('orders_total', { country: 'FR' }, 1)).rejects
    .toThrow(`expected orders_total{country="FR"} to grow by 1, got 2; changed:
  orders_total{status="open",country="FR"} 2 → 4`)
  await expect(
    expect(before).toHaveIncremented('orders_total', { status: 'paid' }),
  ).rejects.toThrow('expected orders_total{status="paid"} to grow, got 0; changed:')
  await expect(expect(before).not.toHaveIncremented('orders_total')).rejects.toThrow(
    'expected orders_total not to grow, got 2',
  )
})

test('compares sums of fractions with a tolerance', async () => {
  const seconds = new Counter({ name: 'seconds_total', help: 'Seconds.', registers: [registry] })
  seconds.inc(10.1)
  const before = await snapshot(registry)
  seconds.inc(0.3)

  expect(await before.delta('seconds_total')).not.toBe(0.3)
  await expect(before).toHaveIncremented('seconds_total', {}, 0.3)
  await expect(before).not.toHaveIncremented('seconds_total', {}, 0.300_001)
  await expect(before).not.toHaveIncremented('seconds_total', {}, 0)
})

test('treats a decrease as a change', async () => {
  const gauge = new Gauge({ name: 'size', help: 'Size.', registers: [registry] })
  gauge.set(3)
  const before = await snapshot(registry)
  gauge.set(1)

  await expect(expect(before).not.toHaveIncremented('size')).rejects.toThrow('size not to grow')
})

test('toHaveObserved checks any observation, a number of them, and none', async () => {
  const seconds = new Histogram({
    name: 'seconds',
    help: 'Seconds.',
    labelNames: ['job'],
    registers: [registry],
  })
  const before = await snapshot(registry)
  await expect(before).not.toHaveObserved('seconds')
  seconds.observe({ job: 'a' }, 0)
  seconds.observe({ job: 'a' }, 5)

  await expect(before).toHaveObserved('seconds')
  await expect(before).toHaveObserved('seconds', { job: 'a' }, 2)
  await expect(before).not.toHaveObserved('seconds', { job: 'b' })
  await expect(expect(before).toHaveObserved('seconds', { job: 'a' }, 1)).rejects.toThrow(
    'expected seconds_count{job="a"} to grow by 1, got 2; changed:\n  seconds_count{job="a"} 0 → 2',
  )
})

test('rejects a value that is neither a snapshot nor a registry', async () => {
  await expect(expect(snapshot(registry)).toHaveIncremented('orders_total')).rejects.toThrow(
    'prisma-prometheus: expect(before).toHaveIncremented(): expected an awaited snapshot(registry), got an object',
  )
  await expect(expect(undefined).not.toHaveObserved('orders_total')).rejects.toThrow(
    'expect(before).toHaveObserved(): expected an awaited snapshot(registry), got undefined',
  )
  await expect(snapshot({ metrics: [] } as never)).rejects.toThrow(
    'prisma-prometheus: snapshot(registry): expected a prom-client Registry, got an object with the keys metrics',
  )
})

test('names the series that changed instead', async () => {
  const before = await snapshot(registry)
  await expect(expect(before).toHaveIncremented('orders_total')).rejects.toThrow(
    'nothing has changed',
  )
  new Gauge({ name: 'other', help: 'Other.', registers: [registry] }).set(1)
  await expect(expect(before).toHaveIncremented('orders_total')).rejects.toThrow(
    'changed:\n  other',
  )
})
