import { Registry, Summary } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'
import { metricProducer } from '../../src/opentelemetry/index.ts'
import { version } from '../../src/support/version.ts'
import { type Encoding, exporting } from './exporting.ts'
import { expectEqual } from './otlp/expect-equal.ts'
import { ownMetrics, sqliteClient } from './registry.ts'

test.each<Encoding>(['json', 'protobuf'])(
  'a receiver of %s gets exactly what /metrics shows',
  async (encoding) => {
    const registry = new Registry()
    registry.setDefaultLabels({ zone: 'a' })
    const { orders, temperature, sizes } = ownMetrics(registry)
    await using subject = await sqliteClient({ registry })
    const { client } = subject
    await client.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
    await client.tag.findMany()
    await client.$queryRaw`SELECT 1`
    await client.tag.create({ data: { name: 'a' } }).catch(() => {})
    orders.inc({ country: 'FR' }, 2.5)
    temperature.set(-3.5)
    sizes.observe({ kind: 'image' }, 5)
    sizes.observe({ kind: 'image' }, 100)
    sizes.observe({ kind: 'image' }, 1e6)

    await using subjectExport = await exporting({ registry, encoding, names: 'prometheus' })
    const { receiver } = subjectExport
    await subjectExport.flush()
    expectEqual(receiver.ledger.points(), await registry.metrics())

    await client.tag.findMany()
    orders.inc({ country: 'DE' })
    sizes.observe({ kind: 'text' }, 10)
    await subjectExport.flush()
    expectEqual(receiver.ledger.points(), await registry.metrics())
    expect(receiver.requests).toHaveLength(2)
    expect(receiver.ledger.violations).toEqual([])
    expect(new Set(receiver.ledger.points().map(({ scope }) => scope))).toEqual(
      new Set([`prisma-prometheus ${version}`]),
    )
  },
)

test('one registry of several that keeps a metric adds to the sum of all', async () => {
  const [first, second] = [new Registry(), new Registry()]
  ownMetrics(first).sizes.observe({ kind: 'image' }, 5)
  ownMetrics(second).sizes.observe({ kind: 'image' }, 500)
  await using subject = await exporting({ registry: [first, second] })
  await subject.flush()
  const [point] = subject.receiver.ledger.points('upload_size')
  expect(point).toMatchObject({ count: 2, value: 505, counts: [1, 0, 1, 0], unit: 'By' })
  expect(subject.receiver.ledger.violations).toEqual([])
})

test('metrics of this package that two registries have keep their conventions', async () => {
  const registries = [new Registry(), new Registry()]
  await using one = await sqliteClient({ registry: registries[0] as Registry, client: 'one' })
  await using two = await sqliteClient({ registry: registries[1] as Registry, client: 'two' })
  await one.client.tag.count()
  await two.client.tag.count()
  await using subject = await exporting({ registry: registries })
  await subject.flush()
  const { ledger } = subject.receiver
  for (const client of ['one', 'two']) {
    const wanted = { client, 'db.system.name': 'sqlite', 'db.operation.name': 'count' }
    expect(ledger.total('db.client.operation.duration', wanted).count).toBe(1)
  }
  expect(ledger.violations).toEqual([])
})

test('a metric whose collector throws costs itself and nothing else', async () => {
  const registry = new Registry()
  const { orders, temperature } = ownMetrics(registry)
  orders.inc({ country: 'FR' })
  Object.assign(temperature, {
    collect: () => {
      throw new Error('no thermometer')
    },
  })
  const { resourceMetrics, errors } = await metricProducer({ registry }).collect()
  expect(errors).toEqual([new Error('no thermometer')])
  const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.map(({ descriptor }) => descriptor.name),
  )
  expect(names).toContain('orders')
  expect(names).not.toContain('temperature_celsius')
  expect(await registry.getSingleMetricAsString('prisma_opentelemetry_errors_total')).toContain(
    '{stage="collect"} 1',
  )
})

test('a metric whose collector hangs costs itself and half of the time', async () => {
  const registry = new Registry()
  const { orders, temperature } = ownMetrics(registry)
  orders.inc({ country: 'FR' })
  Object.assign(temperature, { collect: () => new Promise(() => {}) })
  const started = performance.now()
  const { errors } = await metricProducer({ registry }).collect({ timeoutMillis: 200 })
  expect(performance.now() - started).toBeLessThan(190)
  expect(String(errors)).toContain('"temperature_celsius" was not collected')
})

test('a summary is reported once and left out', async () => {
  const registry = new Registry()
  new Summary({ name: 'waits', help: 'Waits', registers: [registry] }).observe(1)
  const producer = metricProducer({ registry })
  const { errors } = await producer.collect()
  expect(String(errors)).toContain('"waits": expected a counter, gauge or histogram, got a summary')
  expect((await producer.collect()).errors).toEqual([])
})

test('a histogram whose counts contradict each other loses its series and is counted', async () => {
  const registry = new Registry()
  const samples = (values: number[]): object[] =>
    values.map((value, index) => ({
      metricName: 'torn_bucket',
      labels: { le: [1, 2, '+Inf'][index], part: 'a' },
      value,
    }))
  registry.registerMetric({
    name: 'torn',
    help: 'Torn',
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({
      name: 'torn',
      help: 'Torn',
      type: 'histogram',
      values: [
        ...samples([3, 2, 4]),
        { metricName: 'torn_count', labels: { part: 'a' }, value: 3 },
        { metricName: 'torn_sum', labels: { part: 'a' }, value: 3 },
      ],
    }),
  } as never)
  const { errors } = await metricProducer({ registry }).collect()
  expect(String(errors)).toContain('"torn": expected bucket counts that never decrease')
  expect(await registry.metrics()).toContain('prisma_opentelemetry_errors_total{stage="collect"} 1')
})

test('a number that is not finite is never sent', async () => {
  const registry = new Registry()
  const { orders, temperature, sizes } = ownMetrics(registry)
  temperature.set(Number.NaN)
  orders.inc({ country: 'FR' }, 1)
  sizes.observe({ kind: 'image' }, 5)
  // Their sum is infinite.
  for (let left = 2; left > 0; left--) sizes.observe({ kind: 'image' }, Number.MAX_VALUE)
  await using subject = await exporting({ registry })
  await subject.flush()
  const { ledger, requests } = subject.receiver
  expect(ledger.points('temperature_celsius')).toEqual([])
  expect(ledger.points('upload_size')).toMatchObject([{ value: undefined, count: 3 }])
  expect(JSON.stringify(requests)).not.toMatch(/NaN|Infinity|null/)
  expect(ledger.violations).toEqual([])
})

test('an option that is unknown or of the wrong kind is refused', () => {
  const options =
    (given: object): (() => unknown) =>
    () =>
      metricProducer(given)
  expect(options({ name: 'x' })).toThrow('options: expected only registry, names, temporality')
  expect(options({ names: 'otel' })).toThrow("names: expected 'opentelemetry' or 'prometheus'")
  expect(options({ temporality: 0 })).toThrow("temporality: expected 'cumulative' or 'delta'")
  expect(options({ registry: [] })).toThrow('registry: expected a registry or several')
  expect(options({ registry: {} })).toThrow('registry: expected a Registry of prom-client')
})

test('no global of OpenTelemetry is set', () => {
  const foreign = (): PropertyKey[] =>
    Reflect.ownKeys(globalThis).filter((key) => !String(key).includes('prisma-prometheus'))
  const before = foreign()
  prismaMetrics({ registry: new Registry() })
  metricProducer({ registry: new Registry() })
  expect(foreign()).toEqual(before)
})
