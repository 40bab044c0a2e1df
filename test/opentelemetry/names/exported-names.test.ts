import { Counter, Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  openTelemetryCatalogue,
  processCatalogue,
} from '../../../src/metrics/catalogue.ts'
import { semanticConventions } from '../../../src/opentelemetry/names/semantic-conventions.ts'
import { openTelemetryBuckets } from '../../../src/opentelemetry/index.ts'
import { exporting } from '../exporting.ts'
import type { Point } from '../otlp/points.ts'
import { ownMetrics, sqliteClient } from '../registry.ts'

/**
 * The name a collector gives to a metric for Prometheus, by OpenTelemetry's specification:
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
function inPrometheus({ name, unit, kind }: Pick<Point, 'name' | 'unit' | 'kind'>): string {
  const units: Readonly<Record<string, string>> = {
    s: 'seconds',
    ms: 'milliseconds',
    By: 'bytes',
    '1': kind === 'gauge' ? 'ratio' : '',
  }
  const suffix = unit.startsWith('{') ? '' : (units[unit] ?? '')
  const tokens = name.replaceAll(/[^a-zA-Z0-9:]+/g, '_').split('_')
  if (suffix !== '' && !tokens.includes(suffix)) tokens.push(suffix)
  if (kind !== 'counter') return tokens.join('_')
  return [...tokens.filter((token) => token !== 'total'), 'total'].join('_')
}

const catalogue: readonly MetricDeclaration[] = [
  clientCatalogue,
  processCatalogue,
  httpCatalogue,
  expositionCatalogue,
  openTelemetryCatalogue,
].flatMap((part) => Object.values<MetricDeclaration>(part))

async function exportedBy(
  work: Parameters<typeof inScope>[0],
  names: 'opentelemetry' | 'prometheus' = 'opentelemetry',
): Promise<readonly Point[]> {
  const registry = new Registry()
  return inScope(work, registry, names)
}

async function inScope(
  work: (client: Awaited<ReturnType<typeof sqliteClient>>['client'], registry: Registry) => unknown,
  registry: Registry,
  names: 'opentelemetry' | 'prometheus',
): Promise<readonly Point[]> {
  await using subject = await sqliteClient({ registry, buckets: openTelemetryBuckets })
  await work(subject.client, registry)
  await using exported = await exporting({ registry, names })
  await exported.flush()
  expect(exported.receiver.ledger.violations).toEqual([])
  return exported.receiver.ledger.points()
}

test('operations are db.client.operation.duration with the attributes of the conventions', async () => {
  const points = await exportedBy(async (client) => {
    await client.tag.create({ data: { name: 'a' } })
    await client.tag.findMany()
    await client.tag.findMany()
    await client.$queryRaw`SELECT 1`
  })
  const common = { client: 'default', 'db.system.name': 'sqlite' }
  const durations = points.filter(({ name }) => name === 'db.client.operation.duration')
  expect(durations.map(({ attributes, count }) => ({ attributes, count }))).toEqual([
    {
      attributes: { ...common, 'db.collection.name': 'Tag', 'db.operation.name': 'create' },
      count: 1,
    },
    {
      attributes: { ...common, 'db.collection.name': 'Tag', 'db.operation.name': 'findMany' },
      count: 2,
    },
    { attributes: { ...common, 'db.operation.name': '$queryRaw' }, count: 1 },
  ])
  expect(durations[0]).toMatchObject({
    unit: 's',
    kind: 'histogram',
    bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
  })
  expect(points.filter(({ name }) => name === 'db.client.response.returned_rows')).toMatchObject([
    { unit: '{row}', count: 2, attributes: { 'db.collection.name': 'Tag' } },
    { unit: '{row}', count: 1, attributes: { 'db.operation.name': '$queryRaw' } },
  ])
})

test('failed operations are points of their own with an error.type, which add up to /metrics', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  const { client } = subject
  await using cumulative = await exporting({ registry })
  await using delta = await exporting({ registry, temporality: 'delta' })
  const create = (name: string): Promise<unknown> =>
    client.tag.create({ data: { name } }).catch(() => {})
  const both = async (): Promise<void> => {
    await cumulative.flush()
    await delta.flush()
  }
  await create('a')
  await both()
  await create('a')
  await create('a')
  await create('b')
  await client.tag.create({ data: { name: 7 } as never }).catch(() => {})
  await client.tag.delete({ where: { id: -1 } }).catch(() => {})
  await both()
  await create('b')
  await create('c')
  // Its first failure before its successes have been exported.
  await client.tag.update({ where: { name: 'c' }, data: { name: 'z' } })
  await client.tag.update({ where: { name: 'c' }, data: { name: 'z' } }).catch(() => {})
  await both()

  const creates = { 'db.operation.name': 'create' }
  const name = 'db.client.operation.duration'
  const text = await registry.metrics()
  const shown = (operation: string, part: string): number =>
    Number(
      new RegExp(`${part}\\{client="default",model="Tag",operation="${operation}"\\} (.*)`).exec(
        text,
      )?.[1],
    )
  for (const { ledger } of [cumulative.receiver, delta.receiver]) {
    expect(ledger.violations).toEqual([])
    expect(ledger.total(name, { ...creates, 'error.type': undefined }).count).toBe(3)
    expect(ledger.total(name, { ...creates, 'error.type': 'P2002' }).count).toBe(3)
    expect(ledger.total(name, { ...creates, 'error.type': 'validation' }).count).toBe(1)
    const updates = { 'db.operation.name': 'update' }
    expect(ledger.total(name, { ...updates, 'error.type': undefined }).count).toBe(1)
    expect(ledger.total(name, { ...updates, 'error.type': 'P2025' }).count).toBe(1)
    const all = ledger.total(name, creates)
    expect(all.count).toBe(shown('create', 'prisma_operation_duration_seconds_count'))
    expect(all.value).toBeCloseTo(shown('create', 'prisma_operation_duration_seconds_sum'), 12)
    // There is no series of successes without one.
    expect(
      ledger
        .points(name)
        .filter(({ attributes }) => attributes['db.operation.name'] === 'delete')
        .map(({ attributes }) => attributes['error.type']),
    ).toEqual(['P2025'])
  }
  for (const code of ['P2002', 'validation', 'P2025']) {
    const errors = [
      ...text.matchAll(new RegExp(`operation_errors_total.*code="${code}"\\} (.*)`, 'g')),
    ]
    const sum = errors.reduce((total, [, value]) => total + Number(value), 0)
    expect(cumulative.receiver.ledger.total(name, { 'error.type': code }).count).toBe(sum)
  }
  registry.resetMetrics()
  await create('d')
  await both()
  expect(delta.receiver.ledger.total(name, { ...creates, 'error.type': undefined }).count).toBe(4)
  expect(cumulative.receiver.ledger.violations).toEqual([])
})

test('a collector makes the names of /metrics again of all that has no convention', async () => {
  const points = await exportedBy(async (client, registry) => {
    await client.tag.findMany()
    ownMetrics(registry).orders.inc({ country: 'FR' })
  })
  const known = new Set([
    ...catalogue.map(({ name }) => name),
    'orders_total',
    'temperature_celsius',
    'upload_size_bytes',
  ])
  const conventions = new Set(Object.values(semanticConventions).map(({ name }) => name))
  const others = points.filter(({ name }) => !conventions.has(name))
  expect(others.length).toBeGreaterThan(10)
  expect(others.map(inPrometheus).filter((name) => !known.has(name))).toEqual([])
})

test('recreates every name of /metrics in a collector, with names: prometheus', async () => {
  const points = await exportedBy(async (client, registry) => {
    await client.tag.findMany()
    ownMetrics(registry).orders.inc({ country: 'FR' })
  }, 'prometheus')
  expect(points.filter((point) => inPrometheus(point) !== point.name)).toEqual([])
})

test('a name that another metric has without its unit stays whole', async () => {
  const registry = new Registry()
  const registers = [registry]
  new Gauge({ name: 'jobs', help: 'Jobs', registers }).set(1)
  new Counter({ name: 'jobs_total', help: 'All jobs', registers }).inc(2)
  await using subject = await exporting({ registry })
  await subject.flush()
  const { ledger } = subject.receiver
  expect(ledger.total('jobs').value).toBe(1)
  expect(ledger.total('jobs_total').value).toBe(2)
  expect(ledger.violations).toEqual([])
})

test('another prefix changes the names without a convention alone', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry, prefix: 'shop_db_', client: 'main' })
  await subject.client.tag.findMany()
  await using exported = await exporting({ registry })
  await exported.flush()
  const { ledger } = exported.receiver
  expect(
    ledger.total('db.client.operation.duration', {
      client: 'main',
      'db.system.name': 'sqlite',
    }).count,
  ).toBe(1)
  expect(ledger.points('shop.db.model.inserts').length).toBeGreaterThan(0)
})
