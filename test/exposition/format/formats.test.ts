import fc from 'fast-check'
import {
  Counter,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  Registry,
  Summary,
} from 'prom-client'
import { afterAll, describe, expect, test } from 'vitest'
import { type ExposableRegistry, metricsResponse } from '../../../src/index.ts'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { HistogramFamily } from '../../../src/metrics/histogram.ts'
import { comparable, expectedFamilies } from './expected.ts'
import { build, model } from './model.ts'
import { parsedFamilies } from './protobuf.ts'
import { findPython, startParsers } from './python-parsers.ts'

test('protobufjs reads the recorded values: hostile names, help texts, label values and numbers', async () => {
  await fc.assert(
    fc.asyncProperty(model, async (given) => {
      const names = given.families.map(({ name }) => `name[]=${name}`).join('&')
      const url = `http://127.0.0.1/metrics?${names}`
      const options = { registry: build(given), histograms: 'native' } as const
      const response = await metricsResponse(
        new Request(url, { headers: { accept: accepts.protobuf } }),
        options,
      )
      expect(response.headers.get('content-type')).toMatch(/^application\/vnd\.google\.protobuf;/)
      const parsed = parsedFamilies(new Uint8Array(await response.arrayBuffer()))
      expect(comparable(parsed)).toEqual(comparable(expectedFamilies(given, 'protobuf')))
    }),
    { numRuns: 300 },
  )
})

const accepts = {
  protobuf:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  text: 'text/plain;version=0.0.4',
  openmetrics: 'application/openmetrics-text;version=1.0.0',
} as const

describe("the Python client's parsers read the recorded values", () => {
  const python = findPython()
  const parsers = python === undefined ? undefined : startParsers(python)
  afterAll(() => parsers?.[Symbol.dispose]())

  test.for(['text', 'openmetrics'] as const)(
    '%s: hostile names, help texts, label values and numbers',
    { timeout: 60_000 },
    async (format, { skip }) => {
      skip(parsers === undefined, 'no Python with prometheus_client')
      await fc.assert(
        fc.asyncProperty(model, async (given) => {
          const names = given.families.map(({ name }) => `name[]=${name}`).join('&')
          const url = `http://127.0.0.1/metrics?${names}`
          const headers = { accept: accepts[format] }
          const options = { registry: build(given) }
          const response = await metricsResponse(new Request(url, { headers }), options)
          const parsed = await parsers?.parse(format, await response.text())
          expect(comparable(parsed ?? [])).toEqual(comparable(expectedFamilies(given, format)))
        }),
        { numRuns: 500 },
      )
    },
  )

  type Type = 'counter' | 'gauge' | 'histogram' | 'summary'
  test.for<readonly [Record<string, Type>, Record<string, string>]>([
    [
      { orders_total: 'counter', orders_created_total: 'counter' },
      { orders_total: 'unknown', orders_created: 'counter' },
    ],
    [
      { orders_total: 'counter', orders_created: 'gauge' },
      { orders_total: 'unknown', orders_created: 'gauge' },
    ],
    [
      { x: 'histogram', x_count_total: 'counter', x_sum_total: 'counter' },
      { x: 'histogram', x_count_total: 'unknown', x_sum_total: 'unknown' },
    ],
    [
      { x: 'histogram', x_bucket_total: 'counter', x_created_total: 'counter' },
      { x: 'histogram', x_bucket_total: 'unknown', x_created_total: 'unknown' },
    ],
    [
      { x: 'histogram', x_created: 'gauge' },
      { x_bucket: 'unknown', x_sum: 'unknown', x_count: 'unknown', x_created: 'gauge' },
    ],
    [
      { x_created: 'gauge', x: 'summary' },
      { x_created: 'gauge', x: 'unknown', x_sum: 'unknown', x_count: 'unknown' },
    ],
    [
      { x_count_total: 'counter', x_created_total: 'counter' },
      { x_count: 'counter', x_created: 'counter' },
    ],
  ])(
    'OpenMetrics: names that clash with what others could have: %o',
    async ([given, types], { skip }) => {
      skip(parsers === undefined, 'no Python with prometheus_client')
      const registry = new Registry()
      const registers = [registry]
      const classes = { counter: Counter, gauge: Gauge, histogram: Histogram, summary: Summary }
      for (const [name, type] of Object.entries(given)) {
        const metric = new classes[type]({ name, help: 'h', registers })
        if (metric instanceof Histogram || metric instanceof Summary) metric.observe(1)
        else metric.inc()
      }
      const body = await bodyOf(registry, accepts.openmetrics, ...Object.keys(given))
      const families = (await parsers?.parse('openmetrics', body)) ?? []
      expect(Object.fromEntries(families.map(({ name, type }) => [name, type]))).toEqual(types)
    },
  )
})

/** The families of the names, in the format. */
async function bodyOf(
  registry: ExposableRegistry,
  accept: string,
  ...names: string[]
): Promise<string> {
  const query = names.map((name) => `name[]=${encodeURIComponent(name)}`).join('&')
  const request = new Request(`http://127.0.0.1/metrics?${query}`, { headers: { accept } })
  return (await metricsResponse(request, { registry, onError: () => {} })).text()
}

/** Without the endpoint's own metrics. */
function withoutOwn(body: string): string {
  return body
    .split('\n')
    .filter((line) => !line.includes('prisma_exposition_'))
    .join('\n')
}

/** A metric that is no class of prom-client's. */
function custom(registry: Registry, name: string, type: string, values: unknown[]): void {
  const get = (): Promise<unknown> =>
    Promise.resolve({ name, type, help: 'Custom.', values, aggregator: 'sum' })
  registry.registerMetric({ name, type, help: 'Custom.', get } as never)
}

describe('a whole body', () => {
  const registry = new Registry()
  registry.setDefaultLabels({ instance: 'a"b' })
  const registers = [registry]
  const labelNames = ['page'] as const
  new Counter({ name: 'visits_total', help: 'Visits "so far".', labelNames, registers }).inc(
    { page: '/a\nb\\' },
    3,
  )
  new Gauge({ name: 'temperature_celsius', help: 'One\nline.', registers }).set(-0.5)
  new Histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [0.1, 1], registers }).observe(0.3)
  new Summary({ name: 'size_bytes', help: 'Sizes.', percentiles: [0.5, 1], registers }).observe(7)
  const ours = new HistogramFamily(
    {
      name: 'own_seconds',
      type: 'histogram',
      help: 'Ours.',
      labelNames: ['model'],
      aggregator: 'sum',
    },
    [0.001, 1],
  )
  const series = ours.with(['User'])
  series.exemplars = []
  const exemplar = { labelSet: { trace_id: 'abc' }, value: 0.25, timestamp: 1700000000.123 }
  series.exemplars[series.observe(0.25)] = exemplar
  registry.registerMetric(ours as never)
  const names = ['visits_total', 'temperature_celsius', 'wait_seconds', 'size_bytes', 'own_seconds']

  test('text', async () => {
    expect(await bodyOf(registry, accepts.text, ...names)).toMatchInlineSnapshot(`
      "# HELP visits_total Visits "so far".
      # TYPE visits_total counter
      visits_total{page="/a\\nb\\\\",instance="a\\"b"} 3
      # HELP temperature_celsius One\\nline.
      # TYPE temperature_celsius gauge
      temperature_celsius{instance="a\\"b"} -0.5
      # HELP wait_seconds Waits.
      # TYPE wait_seconds histogram
      wait_seconds_bucket{instance="a\\"b",le="0.1"} 0
      wait_seconds_bucket{instance="a\\"b",le="1"} 1
      wait_seconds_bucket{instance="a\\"b",le="+Inf"} 1
      wait_seconds_sum{instance="a\\"b"} 0.3
      wait_seconds_count{instance="a\\"b"} 1
      # HELP size_bytes Sizes.
      # TYPE size_bytes summary
      size_bytes{quantile="0.5",instance="a\\"b"} 7
      size_bytes{quantile="1",instance="a\\"b"} 7
      size_bytes_sum{instance="a\\"b"} 7
      size_bytes_count{instance="a\\"b"} 1
      # HELP own_seconds Ours.
      # TYPE own_seconds histogram
      own_seconds_bucket{model="User",instance="a\\"b",le="0.001"} 0
      own_seconds_bucket{model="User",instance="a\\"b",le="1"} 1
      own_seconds_bucket{model="User",instance="a\\"b",le="+Inf"} 1
      own_seconds_sum{model="User",instance="a\\"b"} 0.25
      own_seconds_count{model="User",instance="a\\"b"} 1
      "
    `)
  })

  test('OpenMetrics', async () => {
    expect(await bodyOf(registry, accepts.openmetrics, ...names)).toMatchInlineSnapshot(`
      "# TYPE visits counter
      # HELP visits Visits \\"so far\\".
      visits_total{page="/a\\nb\\\\",instance="a\\"b"} 3
      # TYPE temperature_celsius gauge
      # HELP temperature_celsius One\\nline.
      temperature_celsius{instance="a\\"b"} -0.5
      # TYPE wait_seconds histogram
      # UNIT wait_seconds seconds
      # HELP wait_seconds Waits.
      wait_seconds_bucket{instance="a\\"b",le="0.1"} 0
      wait_seconds_bucket{instance="a\\"b",le="1.0"} 1
      wait_seconds_bucket{instance="a\\"b",le="+Inf"} 1
      wait_seconds_sum{instance="a\\"b"} 0.3
      wait_seconds_count{instance="a\\"b"} 1
      # TYPE size_bytes summary
      # UNIT size_bytes bytes
      # HELP size_bytes Sizes.
      size_bytes{quantile="0.5",instance="a\\"b"} 7
      size_bytes{quantile="1.0",instance="a\\"b"} 7
      size_bytes_sum{instance="a\\"b"} 7
      size_bytes_count{instance="a\\"b"} 1
      # TYPE own_seconds histogram
      # UNIT own_seconds seconds
      # HELP own_seconds Ours.
      own_seconds_bucket{model="User",instance="a\\"b",le="0.001"} 0
      own_seconds_bucket{model="User",instance="a\\"b",le="1.0"} 1 # {trace_id="abc"} 0.25 1700000000.123
      own_seconds_bucket{model="User",instance="a\\"b",le="+Inf"} 1
      own_seconds_sum{model="User",instance="a\\"b"} 0.25
      own_seconds_count{model="User",instance="a\\"b"} 1
      # EOF
      "
    `)
  })
})

describe('names outside the original character set', () => {
  const registry = new Registry()
  custom(registry, 'http.server/größe', 'gauge', [
    { labels: { 'http.method': 'GET', ok: 'yes', 'a:b': '1' }, value: 1 },
    { labels: {}, value: 2 },
  ])
  custom(registry, 'anfragen😀_\ud800_total', 'counter', [{ labels: {}, value: 3 }])
  custom(registry, 'q"uoted\\', 'gauge', [{ labels: { 'new\nline': 'x' }, value: 4 }])
  const own = new HistogramFamily(
    {
      name: 'own.seconds',
      type: 'histogram',
      help: 'Ours.',
      labelNames: ['l.m'],
      aggregator: 'sum',
    },
    [1],
  )
  own.with(['v']).observe(2)
  registry.registerMetric(own as never)

  test.for(['underscores', 'dots', 'values', 'allow-utf-8'])(
    'are written with underscores for readers that ask for %s',
    async (scheme) => {
      const accept = `text/plain;version=1.0.0;escaping=${scheme}`
      expect(withoutOwn(await bodyOf(registry, accept))).toMatchInlineSnapshot(`
        "# HELP http_server_gr__e Custom.
        # TYPE http_server_gr__e gauge
        http_server_gr__e{http_method="GET",ok="yes",a_b="1"} 1
        http_server_gr__e 2
        # HELP anfragen____total Custom.
        # TYPE anfragen____total counter
        anfragen____total 3
        # HELP q_uoted_ Custom.
        # TYPE q_uoted_ gauge
        q_uoted_{new_line="x"} 4
        # HELP own_seconds Ours.
        # TYPE own_seconds histogram
        own_seconds_bucket{l_m="v",le="1"} 0
        own_seconds_bucket{l_m="v",le="+Inf"} 1
        own_seconds_sum{l_m="v"} 2
        own_seconds_count{l_m="v"} 1
        "
      `)
    },
  )
})

describe('samples that OpenMetrics does not allow', () => {
  test('omits counters that are negative or NaN, and negative quantiles', async () => {
    const registry = new Registry()
    custom(registry, 'odd_total', 'counter', [
      { labels: { is: 'negative' }, value: -1 },
      { labels: { is: 'NaN' }, value: Number.NaN },
      { labels: { is: 'right' }, value: 1 },
    ])
    custom(registry, 'odd_seconds', 'summary', [
      { labels: { quantile: 0.5 }, value: -1 },
      { labels: { quantile: 1 }, value: Number.NaN },
      { labels: {}, metricName: 'odd_seconds_sum', value: -3 },
      { labels: {}, metricName: 'odd_seconds_count', value: 3 },
    ])
    const body = await bodyOf(registry, accepts.openmetrics, 'odd_total', 'odd_seconds')
    expect(body).toMatchInlineSnapshot(`
      "# TYPE odd counter
      # HELP odd Custom.
      odd_total{is="right"} 1
      # TYPE odd_seconds summary
      # UNIT odd_seconds seconds
      # HELP odd_seconds Custom.
      odd_seconds{quantile="1.0"} NaN
      odd_seconds_count 3
      # EOF
      "
    `)
    const inText = await bodyOf(registry, accepts.text, 'odd_total', 'odd_seconds')
    expect(inText.split('\n').filter((line) => line.startsWith('odd'))).toHaveLength(7)
  })

  test('omits sum and count of a histogram with negative buckets', async () => {
    const registry = new Registry()
    const registers = [registry]
    const labelNames = ['of'] as const
    const delta = new Histogram({
      name: 'delta',
      help: 'd',
      labelNames,
      buckets: [-1, 1],
      registers,
    })
    delta.observe({ of: 'a' }, 0.5)
    const bad = new Histogram({ name: 'bad', help: 'b', labelNames, buckets: [1], registers })
    bad.observe({ of: 'a' }, -0.5)
    bad.observe({ of: 'b' }, 0.5)
    const ours = new HistogramFamily(
      { name: 'own', type: 'histogram', help: 'o', labelNames: [], aggregator: 'sum' },
      [-1, 1],
    )
    ours.with([]).observe(0.5)
    registry.registerMetric(ours as never)
    expect(await bodyOf(registry, accepts.openmetrics, 'delta', 'bad', 'own'))
      .toMatchInlineSnapshot(`
      "# TYPE delta histogram
      # HELP delta d
      delta_bucket{of="a",le="-1.0"} 0
      delta_bucket{of="a",le="1.0"} 1
      delta_bucket{of="a",le="+Inf"} 1
      # TYPE bad histogram
      # HELP bad b
      bad_bucket{of="a",le="1.0"} 1
      bad_bucket{of="a",le="+Inf"} 1
      bad_bucket{of="b",le="1.0"} 1
      bad_bucket{of="b",le="+Inf"} 1
      bad_sum{of="b"} 0.5
      bad_count{of="b"} 1
      # TYPE own histogram
      # HELP own o
      own_bucket{le="-1.0"} 0
      own_bucket{le="1.0"} 1
      own_bucket{le="+Inf"} 1
      # EOF
      "
    `)
  })

  test('keeps the name of a counter if another family has its short name', async () => {
    const registry = new Registry()
    const ours = new CounterFamily({
      name: 'jobs_total',
      type: 'counter',
      help: 'Ours.',
      labelNames: [],
      aggregator: 'sum',
    })
    ours.with([]).inc()
    registry.registerMetric(ours as never)
    custom(registry, 'jobs', 'gauge', [{ labels: {}, value: 7 }])
    custom(registry, 'runs', 'counter', [{ labels: {}, value: 8 }])
    expect(await bodyOf(registry, accepts.openmetrics, 'jobs_total', 'jobs', 'runs'))
      .toMatchInlineSnapshot(`
      "# TYPE jobs_total unknown
      # HELP jobs_total Ours.
      jobs_total 1
      # TYPE jobs gauge
      # HELP jobs Custom.
      jobs 7
      # TYPE runs unknown
      # HELP runs Custom.
      runs 8
      # EOF
      "
    `)
  })

  test('writes other types as unknown, and as untyped in text', async () => {
    const registry = new Registry()
    custom(registry, 'strange', 'stateset', [{ labels: {}, value: 1 }])
    expect(await bodyOf(registry, accepts.openmetrics, 'strange')).toContain('strange unknown\n')
    expect(await bodyOf(registry, accepts.text, 'strange')).toContain('strange untyped\n')
  })
})

describe('series with equal text', () => {
  async function bodyAndErrors(registry: ExposableRegistry, name: string): Promise<string[]> {
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const request = new Request(`http://127.0.0.1/metrics?name[]=${name}`)
    const body = await (await metricsResponse(request, { registry, onError })).text()
    return [body, ...errors.map((error) => (error as Error).message)]
  }

  test.for<readonly [string, number[]]>([
    ['an infinite bound', [1, 5, Number.POSITIVE_INFINITY]],
    ['equal bounds', [1, 1, 5, 5]],
  ])('writes each bucket of a histogram with %s once', async ([, buckets]) => {
    const registry = new Registry()
    const histogram = new Histogram({ name: 'x', help: 'h', buckets, registers: [registry] })
    for (const value of [0.5, 3, 4, 7]) histogram.observe(value)
    const [body, ...errors] = await bodyAndErrors(registry, 'x')
    expect(body).toMatchInlineSnapshot(`
      "# HELP x h
      # TYPE x histogram
      x_bucket{le="1"} 1
      x_bucket{le="5"} 3
      x_bucket{le="+Inf"} 4
      x_sum 14.5
      x_count 4
      "
    `)
    expect(errors).toEqual([expect.stringContaining('metric "x": expected')])
  })

  test('omits and reports the later of two series with equal text', async () => {
    const registry = new Registry()
    custom(registry, 'x', 'gauge', [
      { labels: { id: 1 }, value: 1 },
      { labels: { id: '1' }, value: 2 },
      { labels: { id: 1n }, value: 3 },
      { labels: { id: 2 }, value: 4 },
    ])
    const [body, ...errors] = await bodyAndErrors(registry, 'x')
    expect(body).toBe('# HELP x Custom.\n# TYPE x gauge\nx{id="1"} 1\nx{id="2"} 4\n')
    expect(errors).toEqual([expect.stringContaining('metric "x": expected each series once')])
  })
})

describe('registries in other states', () => {
  test('keeps the names of an OpenMetrics registry that has rendered itself', async () => {
    const registry = new Registry<OpenMetricsContentType>()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const registers = [registry]
    const theirs = new Counter({
      name: 'theirs_total',
      help: 't',
      registers,
      enableExemplars: true,
    })
    theirs.inc({ value: 2, exemplarLabels: { trace_id: 'xyz' } })
    const ours = new CounterFamily({
      name: 'ours_total',
      type: 'counter',
      help: 'o',
      labelNames: [],
      aggregator: 'sum',
    })
    ours.with([]).inc()
    registry.registerMetric(ours as never)
    await registry.metrics()
    const text = await bodyOf(registry, accepts.text, 'theirs_total', 'ours_total')
    expect(text).toContain('\ntheirs_total 2\n')
    expect(text).toContain('\nours_total 1\n')
    const openMetrics = await bodyOf(registry, accepts.openmetrics, 'theirs_total', 'ours_total')
    expect(openMetrics).toMatch(/^theirs_total 2 # \{trace_id="xyz"\} 2 \d+\.?\d*$/m)
    expect(openMetrics).toContain('\nours_total 1\n')
  })

  test('answers concurrent scrapes of different formats correctly', async () => {
    const registry = build(fc.sample(model, { seed: 7, numRuns: 1 })[0] as never)
    const wanted = ['text', 'openmetrics', 'text', 'openmetrics'] as const
    const alone = new Map<string, string>()
    for (const format of wanted) alone.set(format, await familiesOf(registry, accepts[format]))
    const together = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        familiesOf(registry, accepts[wanted[index % 4] as 'text' | 'openmetrics']),
      ),
    )
    for (const [index, body] of together.entries()) {
      expect(body).toBe(alone.get(wanted[index % 4] as string))
    }
  })
})

async function familiesOf(registry: Registry, accept: string): Promise<string> {
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  return bodyOf(registry, accept, ...names.filter((name) => name.startsWith('family_')))
}
