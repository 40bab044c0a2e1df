import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterEach, expect, test, vi } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'
import { Random } from '../truth/random.ts'
import { exporting } from './exporting.ts'
import { ownMetrics } from './registry.ts'
import type { Point } from './otlp/points.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Scopes are the shortest way to series of this package's own: one counter and one histogram each. */
function scopesOn(registry: Registry): (name: string) => Promise<unknown> {
  const metrics = prismaMetrics({ registry })
  return (name) => metrics.scope(name, async () => {})
}

const scopeDuration = 'prisma.scope.duration'

test('the start of a series stays, and moves at a reset alone', async () => {
  const registry = new Registry()
  const scope = scopesOn(registry)
  const { orders } = ownMetrics(registry)
  await using subject = await exporting({ registry })
  const { ledger } = subject.receiver
  const exported = async (): Promise<{ own: Point; foreign: Point }> => {
    await sleep(5)
    await subject.flush()
    const [own] = ledger.points(scopeDuration)
    const [foreign] = ledger.points('orders')
    return { own: own as Point, foreign: foreign as Point }
  }
  await scope('job')
  orders.inc({ country: 'FR' }, 3)
  const first = await exported()
  await scope('job')
  orders.inc({ country: 'FR' }, 3)
  const second = await exported()
  const third = await exported()
  for (const kind of ['own', 'foreign'] as const) {
    expect(second[kind].start).toBe(first[kind].start)
    expect(third[kind].start).toBe(first[kind].start)
    expect(third[kind].time).toBeGreaterThan(second[kind].time)
  }
  registry.resetMetrics()
  await scope('job')
  orders.inc({ country: 'FR' })
  const reset = await exported()
  const after = await exported()
  for (const kind of ['own', 'foreign'] as const) {
    expect(reset[kind].start).toBeGreaterThanOrEqual(third[kind].time)
    expect(after[kind].start).toBe(reset[kind].start)
  }
  expect(ledger.total(scopeDuration).count).toBe(3)
  expect(ledger.total('orders').value).toBe(7)
  expect(ledger.violations).toEqual([])
})

test('a series born late starts late, and one made again starts again', async () => {
  const registry = new Registry()
  const scope = scopesOn(registry)
  const { orders } = ownMetrics(registry)
  await using subject = await exporting({ registry })
  const { ledger } = subject.receiver
  const startOf = (name: string, label: string): bigint => {
    const found = ledger
      .points(name)
      .find(({ attributes }) => Object.values(attributes).includes(label))
    return (found as Point).start
  }
  const now = (): bigint => BigInt(Date.now()) * 1_000_000n
  await scope('early')
  orders.inc({ country: 'FR' })
  const first = now()
  await subject.flush()
  await sleep(5)
  const second = now()
  await scope('late')
  orders.inc({ country: 'DE' })
  await subject.flush()
  expect(startOf(scopeDuration, 'early')).toBeLessThanOrEqual(first)
  expect(startOf('orders', 'FR')).toBeLessThanOrEqual(first)
  // prom-client does not keep when a series began: it is younger than the collection before it.
  expect(startOf('orders', 'DE')).toBeGreaterThanOrEqual(first)
  expect(startOf(scopeDuration, 'late')).toBeGreaterThanOrEqual(second)

  orders.remove({ country: 'DE' })
  await subject.flush()
  orders.inc({ country: 'DE' })
  await subject.flush()
  expect(startOf('orders', 'DE')).toBeGreaterThanOrEqual(second)
  expect(ledger.total('orders').value).toBe(3)
  expect(ledger.violations).toEqual([])
})

test('a series that exists before its producer starts before it', async () => {
  const registry = new Registry()
  const { orders } = ownMetrics(registry)
  orders.inc({ country: 'FR' }, 5)
  await sleep(5)
  const made = BigInt(Date.now()) * 1_000_000n
  await using subject = await exporting({ registry, temporality: 'delta' })
  await subject.flush()
  expect(subject.receiver.ledger.points('orders')).toMatchObject([{ value: 5 }])
  expect(subject.receiver.ledger.points('orders')[0]?.start).toBeLessThan(made)
})

test('time increases although the clock is set back', async () => {
  const registry = new Registry()
  const scope = scopesOn(registry)
  await using subject = await exporting({ registry })
  await scope('job')
  await subject.flush()
  vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] })
  await subject.flush()
  await scope('job')
  await subject.flush()
  expect(subject.receiver.ledger.violations).toEqual([])
  expect(subject.receiver.ledger.total(scopeDuration).count).toBe(2)
})

test.each([1, 2, 3])('deltas add up to the totals and follow each other: seed %i', async (seed) => {
  const random = new Random(seed)
  const registry = new Registry()
  const scope = scopesOn(registry)
  // A reset of prom-client's metrics does not show once they have caught up.
  const others = new Registry()
  const { orders, sizes } = ownMetrics(others)
  const registries = [registry, others]
  await using delta = await exporting({ registry: registries, temporality: 'delta' })
  await using cumulative = await exporting({ registry: registries })
  const truth = { scopes: 0, orders: 0, uploads: 0, bytes: 0 }
  for (let step = 0; step < 60; step++) {
    for (const work of random.several(0, 6, () => random.below(3))) {
      if (work === 0) {
        truth.scopes += 1
        await scope(`job ${random.below(4)}`)
      } else if (work === 1) {
        const by = random.below(1000) / 10
        truth.orders += by
        orders.inc({ country: random.pick(['FR', 'DE', 'IT']) }, by)
      } else {
        const bytes = random.below(2000)
        truth.uploads += 1
        truth.bytes += bytes
        sizes.observe({ kind: random.pick(['image', 'text']) }, bytes)
      }
    }
    // A reset loses what was not exported yet, for every exporter.
    if (random.chance(0.1)) {
      await Promise.all([delta.flush(), cumulative.flush()])
      registry.resetMetrics()
    } else {
      const one = random.pick([delta, cumulative, undefined])
      await one?.flush()
    }
  }
  await Promise.all([delta.flush(), cumulative.flush()])
  for (const { ledger } of [delta.receiver, cumulative.receiver]) {
    expect(ledger.violations).toEqual([])
    expect(ledger.total(scopeDuration).count).toBe(truth.scopes)
    expect(ledger.total('orders').value).toBeCloseTo(truth.orders, 6)
    expect(ledger.total('upload_size')).toMatchObject({ count: truth.uploads, value: truth.bytes })
  }
})

test('in delta, what ended at one export starts the next', async () => {
  const registry = new Registry()
  const { orders } = ownMetrics(registry)
  await using subject = await exporting({ registry, temporality: 'delta' })
  const { ledger, requests } = subject.receiver
  const exported = async (): Promise<Point> => {
    orders.inc({ country: 'FR' })
    await subject.flush()
    return ledger.points('orders')[0] as Point
  }
  const first = await exported()
  const second = await exported()
  expect(second.start).toBe(first.time)
  expect(second).toMatchObject({ value: 1, temporality: 'delta' })

  const before = requests.length
  await subject.flush()
  const { resourceMetrics = [] } = requests[before] ?? {}
  const kinds = resourceMetrics.flatMap(({ scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ metrics = [] }) => metrics.filter(({ gauge }) => gauge === undefined)),
  )
  expect(kinds).toEqual([])
})
