import * as promClient from 'prom-client'
import { Counter, Histogram as TheirHistogram, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { registryOfExample, totalOfExample } from '../../../scripts/detail-table.ts'
import { metricsResponse, prismaMetrics } from '../../../src/index.ts'
import { prismaMetrics as prisma8Metrics } from '../../../src/prisma-8.ts'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { GaugeFamily } from '../../../src/metrics/gauge.ts'
import { type HistogramForm, HistogramFamily } from '../../../src/metrics/histogram.ts'
import { nativeBound } from '../../../src/metrics/histograms/native-buckets.ts'
import { Assembly, partsOf } from '../../../src/exposition/cluster/serialization.ts'
import { snapshotOf } from '../../../src/exposition/collect/own-family.ts'
import { bucketsOf, decodeBody, type WireFamily } from './protobuf.ts'

const protobuf =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
const openMetrics = 'application/openmetrics-text;version=1.0.0'

type Options = NonNullable<Parameters<typeof metricsResponse>[1]>

function respond(accept: string, options: Options, ...names: string[]): Promise<Response> {
  const query = names.map((name) => `name[]=${name}`).join('&')
  const request = new Request(`http://127.0.0.1/metrics?${query}`, { headers: { accept } })
  return metricsResponse(request, options)
}

async function familiesOf(options: Options, ...names: string[]): Promise<WireFamily[]> {
  const response = await respond(protobuf, options, ...names)
  expect(response.headers.get('content-type')).toMatch(/^application\/vnd\.google\.protobuf;/)
  return decodeBody(new Uint8Array(await response.arrayBuffer()))
}

function histogram(form: HistogramForm, name = 'wait_seconds'): HistogramFamily {
  const declared = { name, type: 'histogram', help: 'Waits.', labelNames: ['model'] } as const
  return new HistogramFamily({ ...declared, aggregator: 'sum' }, [0.1, 1], form)
}

function registryWith(...families: object[]): Registry {
  const registry = new Registry()
  for (const family of families) registry.registerMetric(family as never)
  return registry
}

/** An observation in each of these buckets of the highest resolution. */
function observe(family: HistogramFamily, model: string, indexes: readonly number[]): void {
  for (const index of indexes) family.with([model]).observe(nativeBound(4, index))
}

describe('protobuf', () => {
  const family = histogram('both')
  observe(family, 'User', [-100, -99, -97, -50, -50, 0, 3, 40])
  observe(family, 'Post', [7])
  family.with(['Post']).observe(0)
  family.with(['Empty'])
  const registry = registryWith(family)

  test('has native buckets in spans with gaps, beside the classic ones', async () => {
    const [read] = await familiesOf({ registry }, 'wait_seconds')
    expect(read).toMatchObject({ name: 'wait_seconds', type: 'HISTOGRAM', unit: 'seconds' })
    const [user, post] = read?.metric.map((metric) => metric.histogram) ?? []
    expect(user && bucketsOf(user)).toEqual({
      [-100]: 1,
      [-99]: 1,
      [-97]: 1,
      [-50]: 2,
      0: 1,
      3: 1,
      40: 1,
    })
    // A gap of up to two buckets is in its span; a larger one begins another.
    expect(user?.positiveSpan).toEqual([
      { offset: -100, length: 4 },
      { offset: 46, length: 1 },
      { offset: 49, length: 4 },
      { offset: 36, length: 1 },
    ])
    expect(user).toMatchObject({ schema: 4, zeroThreshold: 2 ** -128, zeroCount: 0 })
    expect(user?.bucket?.map(({ cumulativeCount }) => cumulativeCount)).toEqual([3, 6])
    expect([user?.sampleCount, post?.sampleCount, post?.zeroCount]).toEqual([8, 2, 1])
    expect(post && bucketsOf(post)).toEqual({ 7: 1 })
  })

  test('marks an empty native histogram with a span of length 0', async () => {
    const [read] = await familiesOf({ registry }, 'wait_seconds')
    const empty = read?.metric[2]?.histogram
    expect(empty?.positiveSpan).toEqual([{ offset: 0, length: 0 }])
    expect([empty?.sampleCount, empty?.zeroCount, empty?.positiveDelta]).toEqual([0, 0, []])
  })

  test('keeps classic histograms classic', async () => {
    const classic = registryWith(histogram('classic', 'classic_seconds'))
    const theirs = new TheirHistogram({ name: 'theirs', help: 't', registers: [classic] })
    theirs.observe(1)
    const options = { registry: classic, histograms: 'native' } as const
    const read = await familiesOf(options, 'classic_seconds', 'theirs')
    for (const { metric } of read) {
      for (const { histogram: each } of metric) {
        expect(each).not.toHaveProperty('schema')
        expect(each?.positiveSpan).toEqual([])
      }
    }
  })

  test('has exemplars with their time, in buckets and beside native ones', async () => {
    const traced = histogram('native')
    const series = traced.with(['User'])
    const labelSet = { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' }
    series.exemplars = []
    series.exemplars[series.observe(0.5)] = { labelSet, value: 0.5, timestamp: 1_700_000_000.25 }
    const [read] = await familiesOf({ registry: registryWith(traced) }, 'wait_seconds')
    const exemplar = {
      label: [{ name: 'trace_id', value: labelSet.trace_id }],
      value: 0.5,
      timestamp: { seconds: 1_700_000_000, nanos: 250_000_000 },
    }
    const read0 = read?.metric[0]?.histogram
    expect(read0?.exemplars).toEqual([exemplar])
    expect(read0?.bucket).toEqual([{ cumulativeCount: 1, upperBound: Infinity, exemplar }])
  })

  test('omits and reports series that the format cannot express', async () => {
    const values = [
      { labels: { le: 1 }, value: 2.5, metricName: 'odd_bucket' },
      { labels: { le: '+Inf' }, value: 3, metricName: 'odd_bucket' },
      { labels: {}, value: 3, metricName: 'odd_count' },
    ]
    const odd = { name: 'odd', help: 'Custom.', type: 'histogram', aggregator: 'sum' }
    const custom = registryWith({ ...odd, get: () => Promise.resolve({ ...odd, values }) })
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const [read] = await familiesOf({ registry: custom, histograms: 'native', onError }, 'odd')
    expect(read?.metric).toEqual([])
    expect(String(errors)).toContain('metric "odd": expected a histogram with a sum, a count and')
  })
})

describe('text formats of native histograms', () => {
  test('have the sum, the count and the bucket +Inf', async () => {
    const family = histogram('native')
    observe(family, 'User', [0, 0, 16])
    const response = await respond(
      'text/plain;version=0.0.4',
      { registry: registryWith(family) },
      'wait_seconds',
    )
    expect(await response.text()).toBe(
      [
        '# HELP wait_seconds Waits.',
        '# TYPE wait_seconds histogram',
        'wait_seconds_bucket{model="User",le="+Inf"} 3',
        'wait_seconds_sum{model="User"} 4',
        'wait_seconds_count{model="User"} 3',
        '',
      ].join('\n'),
    )
  })

  test('are the answer to browsers, and to scrapers that prefer them', async () => {
    const options = { registry: registryWith(histogram('both')) }
    for (const accept of [
      '*/*',
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      `${protobuf};q=0.5,text/plain;version=0.0.4`,
      `${protobuf};q=0`,
      'application/vnd.google.protobuf;proto=some.other.Message;encoding=delimited',
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text',
      'application/vnd.google.protobuf',
    ]) {
      const { headers } = await respond(accept, options)
      expect([accept, headers.get('content-type')?.split(';')[0]]).toEqual([accept, 'text/plain'])
      expect(headers.get('vary')).toContain('Accept')
    }
  })

  test.for(['native', 'both'] as const)('offer protobuf with %s only', async (form) => {
    const accept = `${protobuf},${openMetrics};q=0.8,*/*;q=0.1`
    const classic = await respond(accept, { registry: registryWith(histogram('classic')) })
    expect(classic.headers.get('content-type')).toContain('openmetrics')
    for (const options of [
      { registry: registryWith(histogram(form)) },
      { registry: new Registry(), histograms: form },
    ]) {
      const { headers } = await respond(accept, options)
      expect(headers.get('content-type')).toBe(
        'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
      )
    }
  })
})

const [major = 0] = process.versions.node.split('.').map(Number)

describe.for(['prom-client', '@prometheus-io/client'])('protobuf of %s', (name) => {
  test.skipIf(name !== 'prom-client' && major < 22)(
    'has every type with labels, default labels and exemplars',
    async () => {
      const library: unknown = name === 'prom-client' ? promClient : await import(name)
      const theirs = library as typeof promClient
      const registry = new theirs.Registry<promClient.OpenMetricsContentType>()
      registry.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8')
      registry.setDefaultLabels({ zone: 'a' })
      const declared = { help: 'Theirs.', labelNames: ['of'], registers: [registry] }
      const exemplars = { ...declared, enableExemplars: true }
      const counter = new theirs.Counter({ ...exemplars, name: 'jobs_total' })
      counter.inc({ labels: { of: 'x"' }, value: 2, exemplarLabels: { trace: 't' } })
      counter.inc({ labels: { of: 'y' }, value: 3 })
      const gauge = new theirs.Gauge({ ...declared, name: 'level' })
      gauge.set({ of: 'x' }, -1.5)
      gauge.set({ of: 'y' }, Number.POSITIVE_INFINITY)
      const waits = new theirs.Histogram({ ...exemplars, name: 'wait_seconds', buckets: [1, 2] })
      waits.observe({ labels: { of: 'x' }, value: 1.5, exemplarLabels: { trace: 't' } })
      waits.observe({ labels: { of: 'y' }, value: 7 })
      const sizes = new theirs.Summary({ ...declared, name: 'size_bytes', percentiles: [0.5] })
      sizes.observe({ of: 'x' }, 3)
      sizes.observe({ of: 'y' }, 5)

      const families = await familiesOf({ registry, histograms: 'native' })
      const read = new Map(families.map((family) => [family.name, family]))
      const label = (of: string): unknown =>
        expect.arrayContaining([
          { name: 'of', value: of },
          { name: 'zone', value: 'a' },
        ])
      const exemplar = { label: [{ name: 'trace', value: 't' }] }
      expect(read.get('jobs_total')).toMatchObject({
        type: 'COUNTER',
        help: 'Theirs.',
        metric: [
          { label: label('x"'), counter: { value: 2, exemplar: { ...exemplar, value: 2 } } },
          { label: label('y'), counter: { value: 3 } },
        ],
      })
      expect(read.get('level')).toMatchObject({
        type: 'GAUGE',
        metric: [
          { label: label('x'), gauge: { value: -1.5 } },
          { label: label('y'), gauge: { value: Number.POSITIVE_INFINITY } },
        ],
      })
      expect(read.get('wait_seconds')).toMatchObject({
        type: 'HISTOGRAM',
        metric: [
          {
            label: label('x'),
            histogram: {
              sampleCount: 1,
              sampleSum: 1.5,
              bucket: [
                { upperBound: 1, cumulativeCount: 0 },
                { upperBound: 2, cumulativeCount: 1, exemplar: { ...exemplar, value: 1.5 } },
              ],
            },
          },
          { label: label('y'), histogram: { sampleCount: 1, sampleSum: 7 } },
        ],
      })
      expect(read.get('size_bytes')).toMatchObject({
        type: 'SUMMARY',
        metric: [
          {
            label: label('x'),
            summary: { sampleCount: 1, sampleSum: 3, quantile: [{ quantile: 0.5, value: 3 }] },
          },
          { label: label('y'), summary: { sampleCount: 1, sampleSum: 5 } },
        ],
      })
    },
  )
})

test('has less than a sixth of the series of classic histograms', async () => {
  const registry = registryOfExample('normal', 'native')
  // Its own metrics are in the registry already.
  const families = await familiesOf({ registry, histograms: 'native' })
  const series = families.reduce((sum, { metric }) => sum + metric.length, 0)
  expect(series).toBeGreaterThan(300)
  expect(totalOfExample('normal') / series).toBeGreaterThan(6)
})

describe('the time when a series was created', () => {
  const visits = new CounterFamily({
    name: 'visits_total',
    type: 'counter',
    help: 'v',
    labelNames: [],
    aggregator: 'sum',
  })
  visits.with([]).startedAt = 1_700_000_000_250
  const level = new GaugeFamily({
    name: 'level',
    type: 'gauge',
    help: 'l',
    labelNames: [],
    aggregator: 'sum',
  })
  level.with([])
  const waits = histogram('both')
  waits.with(['User']).startedAt = 1_700_000_001_000
  const registry = registryWith(visits, level, waits)
  new Counter({ name: 'theirs_total', help: 't', registers: [registry] }).inc()

  test('is a field of counters and histograms in protobuf', async () => {
    const read = await familiesOf({ registry }, 'visits_total', 'level', 'wait_seconds')
    expect(read[0]?.metric[0]?.counter?.createdTimestamp).toEqual({
      seconds: 1_700_000_000,
      nanos: 250_000_000,
    })
    expect(read[1]?.metric[0]?.gauge).toEqual({ value: 0 })
    expect(read[2]?.metric[0]?.histogram?.createdTimestamp?.seconds).toBe(1_700_000_001)
  })

  test('is a line of OpenMetrics if created is true', async () => {
    const names = ['visits_total', 'level', 'wait_seconds', 'theirs_total']
    const created = async (options: Options): Promise<string[]> =>
      (await (await respond(openMetrics, options, ...names)).text())
        .split('\n')
        .filter((line) => line.includes('_created'))
    expect(await created({ registry, created: true })).toEqual([
      'visits_created 1700000000.25',
      'wait_seconds_created{model="User"} 1700000001',
    ])
    expect(await created({ registry })).toEqual([])
  })
})

describe('sums of native histograms', () => {
  function parts(): [HistogramFamily, HistogramFamily] {
    const fine = histogram('native')
    observe(fine, 'User', [0, 1, 2])
    const coarse = histogram('native')
    observe(
      coarse,
      'User',
      Array.from({ length: 161 }, (_, index) => index),
    )
    fine.with(['User']).startedAt = 1000
    coarse.with(['User']).startedAt = 2000
    return [fine, coarse]
  }

  test('of two registries are at the lower resolution and began with the older one', async () => {
    const registries = parts().map((family) => registryWith(family))
    const [read] = await familiesOf({ registry: registries }, 'wait_seconds')
    const sum = read?.metric[0]?.histogram
    expect([sum?.schema, sum?.sampleCount]).toEqual([3, 164])
    const buckets = (sum && bucketsOf(sum)) ?? {}
    expect(Object.values(buckets).reduce((all, count) => all + count, 0)).toBe(164)
    expect([buckets[0], buckets[1]]).toEqual([2, 4])
    expect(sum?.createdTimestamp?.seconds).toBe(1)
  })

  test('are sent between processes whole', () => {
    const [family] = parts()
    const sent = JSON.parse(JSON.stringify([...partsOf([snapshotOf(family)])])) as never[]
    const assembly = new Assembly()
    for (const part of sent) assembly.add(part)
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
    expect(plain(assembly.families[0]?.values.at(-1))).toMatchObject({
      value: 3,
      startedAt: 1000,
      native: { schema: 4, zeroCount: 0, offset: 0, counts: [1, 1, 1] },
    })
  })
})

describe('the option histograms', () => {
  test.for([
    ['Prisma 7', prismaMetrics],
    ['Prisma 8', prisma8Metrics],
  ] as const)('makes the histograms of %s native', ([, make]) => {
    const registry = new Registry()
    make({ registry, histograms: 'native' })
    for (const name of ['prisma_operation_duration_seconds', 'prisma_operation_rows']) {
      expect(registry.getSingleMetric(name)).toMatchObject({ isNative: true, bounds: [] })
    }
  })

  test('makes the histograms of the endpoint native', async () => {
    const options = { registry: new Registry(), histograms: 'native' } as const
    await respond(protobuf, options)
    const [read] = await familiesOf(options, 'prisma_exposition_duration_seconds')
    expect(read?.metric[0]?.histogram?.sampleCount).toBe(1)
    expect(read?.metric[0]?.histogram?.bucket).toEqual([])
  })

  test('refuses two forms in one registry', () => {
    const registry = new Registry()
    prismaMetrics({ registry, client: 'a' })
    expect(() => prismaMetrics({ registry, client: 'b', histograms: 'native' })).toThrow(
      /is registered already: expected a histogram with labels client, model, operation and buckets 0\.0005 .* 10, got a histogram with labels client, model, operation and buckets native;/,
    )
  })

  test('refuses other values', async () => {
    const histograms = 'exponential' as never
    const message = `prisma-prometheus: histograms: expected 'classic', 'native' or 'both', got "exponential"`
    expect(() => prismaMetrics({ registry: new Registry(), histograms })).toThrow(message)
    await expect(respond('', { registry: new Registry(), histograms })).rejects.toThrow(message)
    const created = 1 as never
    await expect(respond('', { registry: new Registry(), created })).rejects.toThrow(
      'prisma-prometheus: created: expected true or false, got 1',
    )
  })
})
