import { Counter, Gauge, Histogram, type Metric, Registry, Summary } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { type ExposableRegistry, metricsResponse } from '../../../src/index.ts'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { valueOf } from '../../support/scrape.ts'

interface Scraped {
  readonly body: string
  readonly errors: readonly string[]
}

async function scraped(registry: ExposableRegistry, accept = 'text/plain'): Promise<Scraped> {
  const errors: string[] = []
  const request = new Request('http://x/metrics', { headers: { accept } })
  const onError = (error: unknown): void => void errors.push(String(error))
  const response = await metricsResponse(request, { registry, onError })
  return { body: await response.text(), errors }
}

function linesOf(body: string, name: string): string[] {
  return body.split('\n').filter((line) => line.startsWith(name))
}

/** A metric that returns these samples. */
function returning(type: string, values: readonly object[]): Metric {
  const metric = { name: 'custom', help: 'c', type, aggregator: 'sum' }
  return { ...metric, get: () => ({ ...metric, values }) } as unknown as Metric
}

test('writes a default label once whose name is equal after escaping, and warns', async () => {
  const registry = new Registry()
  registry.setDefaultLabels({ 'a.b': 1, a_b: 2, 'c d': 3 })
  const registers = [registry]
  new Counter({ name: 'ours_total', help: 'o', labelNames: ['c_d'], registers }).inc({ c_d: 'own' })
  registry.registerMetric(returning('gauge', [{ labels: { a_b: 'own' }, value: 5 }]))
  const warnings: string[] = []
  const listen = (warning: Error): number => warnings.push(warning.message)
  process.on('warning', listen)
  const { body } = await scraped(registry)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listen)
  expect(linesOf(body, 'ours_total')).toEqual(['ours_total{c_d="own",a_b="1"} 1'])
  expect(linesOf(body, 'custom')).toEqual(['custom{a_b="own",c_d="3"} 5'])
  expect(warnings).toEqual([
    'prisma-prometheus: registry.setDefaultLabels(): expected names that differ after escaping, got a label twice; the later one is left out.',
  ])
})

describe('a series whose text is equal to that of another', () => {
  test.for<readonly [string, string, readonly object[], readonly string[]]>([
    [
      'a number and its text',
      'gauge',
      [
        { labels: { a: 1 }, value: 5 },
        { labels: { a: '1' }, value: 6 },
      ],
      ['custom{a="1",zone="x"} 5'],
    ],
    [
      'a missing label and the default label',
      'gauge',
      [
        { labels: { zone: 'x' }, value: 5 },
        { labels: {}, value: 6 },
      ],
      ['custom{zone="x"} 5'],
    ],
    [
      'labels in another order',
      'gauge',
      [
        { labels: { a: '1', b: '2' }, value: 5 },
        { labels: { b: '2', a: '1' }, value: 6 },
      ],
      ['custom{a="1",b="2",zone="x"} 5'],
    ],
    [
      'bounds',
      'histogram',
      [
        { labels: { le: 1 }, value: 5, metricName: 'custom_bucket' },
        { labels: { le: '1.0' }, value: 6, metricName: 'custom_bucket' },
        { labels: { le: Infinity }, value: 7, metricName: 'custom_bucket' },
        { labels: { le: '+Inf' }, value: 7, metricName: 'custom_bucket' },
      ],
      ['custom_bucket{le="1",zone="x"} 5', 'custom_bucket{le="+Inf",zone="x"} 7'],
    ],
    [
      'quantiles',
      'summary',
      [
        { labels: { quantile: 0.5 }, value: 5 },
        { labels: { quantile: '0.50' }, value: 6 },
      ],
      ['custom{quantile="0.5",zone="x"} 5'],
    ],
  ])('is left out and reported: %s', async ([, type, values, expected]) => {
    const registry = new Registry()
    registry.setDefaultLabels({ zone: 'x' })
    registry.registerMetric(returning(type, values))
    const { body, errors } = await scraped(registry)
    const written = linesOf(body, 'custom')
    expect(written.map(sortedLabels)).toEqual(expected.map(sortedLabels))
    expect(errors).toEqual([expect.stringContaining('metric "custom": expected each series once')])
    const again = (await scraped(registry)).body
    expect(valueOf(again, 'prisma_exposition_collect_errors_total{metric="custom",zone="x"}')).toBe(
      1,
    )
  })

  test('is omitted and reported: an undefined label of prom-client', async () => {
    const registry = new Registry()
    const registers = [registry]
    const counter = new Counter({ name: 'jobs_total', help: 'j', labelNames: ['of'], registers })
    counter.inc({ of: undefined } as never, 5)
    counter.inc({ of: 'undefined' }, 6)
    const { body, errors } = await scraped(registry)
    expect(linesOf(body, 'jobs_total')).toEqual(['jobs_total{of="undefined"} 5'])
    expect(errors).toHaveLength(1)
  })

  test('is omitted and reported: an undefined label of a histogram of prom-client', async () => {
    const registry = new Registry()
    const declared = { name: 'job_seconds', help: 'j', labelNames: ['of'], buckets: [1] }
    const histogram = new Histogram({ ...declared, registers: [registry] })
    histogram.observe({ of: undefined } as never, 5)
    histogram.observe({ of: 'undefined' }, 6)
    const { body, errors } = await scraped(registry)
    expect(linesOf(body, 'job_seconds').filter((line) => line.includes('_sum'))).toEqual([
      'job_seconds_sum{of="undefined"} 5',
    ])
    expect(errors).toHaveLength(1)
  })

  const [major = 0] = process.versions.node.split('.').map(Number)

  test.skipIf(major < 22)(
    'is omitted and reported: a null label of @prometheus-io/client',
    async () => {
      const library: unknown = await import('@prometheus-io/client')
      const { Gauge: GaugeOf } = library as { Gauge: typeof Gauge }
      const registry = new Registry()
      const declared = { name: 'jobs', help: 'j', labelNames: ['of'], registers: [registry] }
      const gauge = new GaugeOf(declared)
      gauge.set({ of: null } as never, 5)
      gauge.set({ of: 'null' }, 6)
      const { body, errors } = await scraped(registry)
      expect(linesOf(body, 'jobs')).toEqual(['jobs{of="null"} 5'])
      expect(errors).toHaveLength(1)
    },
  )

  test('is the same series in families of this package', async () => {
    const registry = new Registry()
    const declared = { name: 'own_total', help: 'o', aggregator: 'sum', type: 'counter' } as const
    const one = new CounterFamily({ ...declared, labelNames: ['a'] })
    one.with([1n as never]).inc()
    one.with(['1']).inc()
    const two = new CounterFamily({ ...declared, name: 'two_total', labelNames: ['a', 'b'] })
    two.with([1n as never, 2 as never]).inc()
    two.with(['1', '2']).inc()
    for (const family of [one, two]) registry.registerMetric(family as never)
    const { body } = await scraped(registry)
    expect(linesOf(body, 'own_total')).toEqual(['own_total{a="1"} 2'])
    expect(linesOf(body, 'two_total')).toEqual(['two_total{a="1",b="2"} 2'])
  })
})

test.for<readonly [string, readonly number[]]>([
  ['an infinite bound', [1, 5, Infinity]],
  ['equal bounds', [1, 1, 5]],
])('a histogram of prom-client with %s has each bucket once', async ([, buckets]) => {
  const registry = new Registry()
  const registers = [registry]
  const histogram = new Histogram({ name: 'took', help: 't', buckets: [...buckets], registers })
  for (const value of [0.5, 3, 9]) histogram.observe(value)
  for (const accept of ['text/plain', 'application/openmetrics-text;version=1.0.0']) {
    const { body, errors } = await scraped(registry, accept)
    const counts = linesOf(body, 'took_bucket').map((line) => line.replaceAll('.0"', '"'))
    expect(counts).toEqual([
      'took_bucket{le="1"} 1',
      'took_bucket{le="5"} 2',
      'took_bucket{le="+Inf"} 3',
    ])
    expect(errors).toEqual([expect.stringContaining('expected buckets that differ')])
  }
})

test('converts labels, exemplar labels and default labels to text', async () => {
  const registry = new Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>()
  registry.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8')
  registry.setDefaultLabels({ tenant: 7n })
  const registers = [registry]
  const labelNames = ['id']
  const values = [1n, 2, true, null, Number.NaN, new Date(0)]
  const counter = new Counter({ name: 'c_total', help: 'c', labelNames, registers })
  const summary = new Summary({ name: 's', help: 's', labelNames, registers, percentiles: [] })
  const gauge = new Gauge({ name: 'g', help: 'g', labelNames, registers, collect: () => {} })
  for (const id of values) {
    counter.inc({ id } as never)
    summary.observe({ id } as never, 1)
    gauge.set({ id } as never, 1)
  }
  const histogram = new Histogram({
    name: 'h',
    help: 'h',
    labelNames,
    registers,
    buckets: [1],
    enableExemplars: true,
  })
  histogram.observe({ labels: { id: 1n }, value: 0.5, exemplarLabels: { trace: 9n } } as never)
  const { body, errors } = await scraped(registry, 'application/openmetrics-text;version=1.0.0')
  expect(errors).toEqual([])
  for (const id of values.map(String)) {
    for (const name of ['c_total', 's_count', 'g']) {
      expect(linesOf(body, `${name}{`)).toContain(`${name}{id="${id}",tenant="7"} 1`)
    }
  }
  expect(linesOf(body, 'h_bucket')[0]).toMatch(
    /^h_bucket\{id="1",tenant="7",le="1\.0"\} 1 # \{trace="9"\} 0\.5 /,
  )
})

function sortedLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').toSorted().join()}}`)
}
