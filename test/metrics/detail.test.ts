import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { InstantAdapter } from '../../bench/instant-adapter.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { totalOfExample } from '../../scripts/detail-table.ts'
import { sizesOfServices } from '../../scripts/metric-reference.ts'
import {
  type Detail,
  exposeMetrics,
  prismaMetrics,
  type PrismaMetricsOptions,
} from '../../src/index.ts'
import {
  bucketBounds,
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
} from '../../src/metrics/catalogue.ts'
import { details, keptAt } from '../../src/metrics/detail.ts'
import { prismaMetrics as prisma8Metrics } from '../../src/prisma-8.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { alerting, recorded } from '../monitoring/expressions.ts'
import { complaintsAbout, fillVariables, knownSeries } from '../monitoring/promql.ts'

const declarations = [clientCatalogue, httpCatalogue, expositionCatalogue].flatMap(
  (catalogue): MetricDeclaration[] => Object.values(catalogue),
)

/** The text of a client's metrics after a list, an insert and a rolled back transaction. */
async function textOf(options: PrismaMetricsOptions): Promise<string> {
  const registry = new Registry()
  const failures: unknown[] = []
  const metrics = prismaMetrics({
    registry,
    migrations: false,
    slowOperation: { seconds: 1000 },
    onError: (error) => failures.push(error),
    ...options,
  })
  const prisma = metrics.instrument(
    new PrismaClient({
      adapter: metrics.adapter(new InstantAdapter()),
      comments: [metrics.comments],
    }),
  )
  await metrics.scope('import', async () => {
    await prisma.tag.findMany()
    await prisma.tag.create({ data: { name: 'urgent' } })
    const rollback = prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'urgent' } })
      throw new Error('undone')
    })
    await expect(rollback).rejects.toThrow('undone')
  })
  expect(failures).toEqual([])
  return registry.metrics()
}

async function get(handler: RequestListener, path: string): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as { port: number }
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

// Raise a number here only on purpose: each series is stored for each process that is scraped.
test('exposes no more series than the tables of sizes allow', () => {
  const allowed = { minimal: 200, low: 600, normal: 3227, high: 3537 }
  for (const detail of details) {
    expect(totalOfExample(detail), detail).toBeLessThanOrEqual(allowed[detail])
  }
  const [small, middle, large] = sizesOfServices()
  expect(small).toBeLessThanOrEqual(2295)
  expect(middle).toBeLessThanOrEqual(9230)
  expect(large).toBeLessThanOrEqual(38140)
})

test('keeps every series, label and bound of every alert with low', () => {
  const low = declarations.flatMap((declaration) => {
    const kept = keptAt('low', declaration)
    const { merged = [], bounds } = kept ?? {}
    const labels = declaration.labels.filter((label) => !merged.includes(label))
    return kept === undefined ? [] : [{ ...declaration, labels, bounds }]
  })
  const series = knownSeries(low, declarations)
  const expressions = [...alerting(defaultSettings), ...recorded(defaultSettings)]
  const wrong = expressions.flatMap(({ place, expr }) =>
    complaintsAbout(fillVariables(expr), series).map((complaint) => `${place}: ${complaint}`),
  )
  expect(wrong).toEqual([])
  const bounds = expressions.flatMap(({ expr }) =>
    [...expr.matchAll(/\b(\w+)_bucket\{[^}]*le=~?"([\d.]+?)(?:\(|")/g)].map(
      ([, name, bound]) => [name, Number(bound)] as const,
    ),
  )
  expect(bounds.length).toBeGreaterThan(20)
  for (const [name, bound] of bounds) {
    expect(low.find((metric) => metric.name === name)?.bounds, name).toContain(bound)
  }
})

test('merges labels of counters and histograms only, and keeps bounds ascending', () => {
  for (const declaration of declarations) {
    for (const detail of details) {
      const { merged = [], bounds = [] } = keptAt(detail, declaration) ?? {}
      expect(declaration.labels).toEqual(expect.arrayContaining([...merged]))
      expect(declaration.type === 'gauge' ? merged : [], declaration.name).toEqual([])
      expect([...bounds]).toEqual([...new Set(bounds)].toSorted((a, b) => a - b))
    }
  }
})

test('keeps the catalogue as it is with normal, which is the default', async () => {
  const masked = (text: string): string =>
    text
      .replaceAll(/ [\d.e+-]+$/gm, ' x')
      .replaceAll(/^.*(?:percentile|migration|loop_blocked).*\n/gm, '')
  const text = await textOf({})
  expect(masked(await textOf({ detail: 'normal' }))).toBe(masked(text))
  const bounds = [...text.matchAll(/^prisma_operation_rows_bucket\{le="([^"]+)"/gm)]
  expect(bounds.map(([, bound]) => bound)).toEqual([...bucketBounds.rows.map(String), '+Inf'])
})

test('records with each level, and leaves out what the level omits', async () => {
  for (const detail of ['minimal', 'low'] as const) {
    const text = await textOf({ detail })
    const exposed = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
    for (const declaration of Object.values<MetricDeclaration>(clientCatalogue)) {
      const isKept = keptAt(detail, declaration) !== undefined
      expect(exposed.has(declaration.name), `${detail}: ${declaration.name}`).toBe(isKept)
    }
    expect(text).toMatch(/^prisma_model_inserts_total\{client="default",model="Tag"\} 1$/m)
    expect(text).toMatch(
      /^prisma_rolled_back_rows_total\{client="default",model="Tag",action="\$all"\} 1$/m,
    )
    // Series of failures begin with the first one.
    expect(text).not.toMatch(/^prisma_rolled_back_rows_total\{client="default",model="Alert"/m)
    expect(text).not.toContain('outcome="error"')
    expect(text).not.toMatch(/^prisma_slow_operations_total\{/m)
  }
  expect(await textOf({ detail: 'minimal' })).toMatch(
    /^prisma_operation_duration_seconds_count\{client="default",model="Tag",operation="\$all"\} 3$/m,
  )
  expect(await textOf({ detail: 'low' })).toMatch(
    /^prisma_operation_duration_seconds_count\{client="default",model="Tag",operation="create"\} 2$/m,
  )
})

test('has a bucket for each small number of rows with high', async () => {
  const text = await textOf({ detail: 'high' })
  for (const rows of [3, 4, 6, 7, 8, 9]) {
    expect(text).toMatch(new RegExp(`^prisma_operation_rows_bucket\\{le="${rows}",`, 'm'))
    expect(text).toMatch(new RegExp(`^prisma_scope_operations_bucket\\{le="${rows}",`, 'm'))
  }
})

test('prefers explicit buckets to the level', async () => {
  for (const detail of details) {
    const text = await textOf({ detail, buckets: [0.125, 7] })
    const bounds = [...text.matchAll(/^prisma_operation_duration_seconds_bucket\{le="([^"]+)"/gm)]
    expect(new Set(bounds.map(([, bound]) => bound))).toEqual(new Set(['0.125', '7', '+Inf']))
  }
})

test('reduces the request metrics and those of the endpoint', async () => {
  for (const [detail, lines] of [
    ['minimal', 0],
    ['low', 3],
    ['normal', 17],
  ] as const) {
    const registry = new Registry()
    const metrics = prismaMetrics({ registry, detail, migrations: false })
    metrics.instrument(new PrismaClient({ adapter: metrics.adapter(new InstantAdapter()) }))
    const handler = exposeMetrics((_request, response) => void response.end('ok'), {
      registry,
      detail,
      route: () => '/route',
    })
    expect(await get(handler, '/route')).toBe('ok')
    await metrics.scope('import', () => undefined)
    const text = await get(handler, '/metrics')
    const succeeded = text.match(/^prisma_scope_last_success_timestamp_seconds\{.*$/gm) ?? []
    expect(succeeded, detail).toHaveLength(detail === 'normal' ? 2 : 1)
    expect(succeeded.join('\n')).toContain('scope="import"')
    expect(text.match(/^http_server_request_duration_seconds/gm) ?? []).toHaveLength(lines)
    expect(text).toMatch(/^prisma_exposition_requests_total\{code="200"\} 0$/m)
    // A scrape that restores cleared metrics does not add those that are left out.
    expect(text.includes('prisma_exposition_duration_seconds')).toBe(detail === 'normal')
  }
})

test('refuses an unknown level, and two levels in one registry', () => {
  const expected = /detail: expected one of minimal, low, normal, high, got .?lowest/
  const detail = 'lowest' as Detail
  const registry = new Registry()
  expect(() => prismaMetrics({ registry, detail })).toThrow(expected)
  expect(() => prisma8Metrics({ registry, detail })).toThrow(expected)
  expect(() => exposeMetrics(undefined, { registry, detail })).toThrow(expected)
  prismaMetrics({ registry, client: 'a', detail: 'low' })
  expect(() => prismaMetrics({ registry, client: 'b' })).toThrow(
    /prisma_operation_duration_seconds" is registered already: expected .* buckets 0\.25, got .* buckets 0\.0005/,
  )
})

test('exposes maxSeries of each metric that has further labels', async () => {
  const text = await textOf({ maxSeries: 7, prefix: 'shop_' })
  const limits = [...text.matchAll(/^shop_series_limit\{client="default",metric="(\w+)"\} 7$/gm)]
  const limited = Object.values<MetricDeclaration>(clientCatalogue)
    .filter(({ labels }) => labels.length > 1)
    .map(({ name }) => name.replace(/^prisma_/, 'shop_'))
    .filter((name) => !/_series_(?:limit|dropped)/.test(name))
  expect(limits.map(([, metric = '']) => metric).toSorted()).toEqual(limited.toSorted())
})
