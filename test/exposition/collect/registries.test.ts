import * as promClient from 'prom-client'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { exposeMetrics, type ExposableRegistry, metricsResponse } from '../../../src/index.ts'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { HistogramFamily } from '../../../src/metrics/histogram.ts'
import { valueOf } from '../../support/scrape.ts'

type MetricsLibrary = Pick<
  typeof promClient,
  'collectDefaultMetrics' | 'Counter' | 'Gauge' | 'Histogram' | 'Registry' | 'Summary'
>

async function bodyOf(
  registry: ExposableRegistry | readonly ExposableRegistry[],
  accept = 'text/plain',
): Promise<string> {
  const request = new Request('http://x/metrics', { headers: { accept } })
  const response = await metricsResponse(request, { registry, onError: () => {} })
  const body = await response.text()
  expect(response.status).toBe(200)
  return body
}

function counterIn(
  registry: Registry,
  name: string,
  labels: Record<string, string>,
  value: number,
): Counter {
  const counter = new Counter({
    name,
    help: name,
    labelNames: Object.keys(labels),
    registers: [registry],
  })
  counter.inc(labels, value)
  return counter
}

function ourCounter(name: string, labelNames: readonly string[]): CounterFamily {
  const declared = { name, type: 'counter', help: name, labelNames, aggregator: 'sum' } as const
  return new CounterFamily(declared)
}

describe('several registries', () => {
  test('are one body, in their order', async () => {
    const [one, two] = [new Registry(), new Registry()]
    counterIn(one, 'one_total', {}, 1)
    counterIn(two, 'two_total', {}, 2)
    const body = await bodyOf([two, one])
    expect(valueOf(body, 'one_total')).toBe(1)
    expect(valueOf(body, 'two_total')).toBe(2)
    expect(body.indexOf('two_total')).toBeLessThan(body.indexOf('one_total'))
    expect(two.getSingleMetric('prisma_exposition_requests_total')).toBeDefined()
    expect(one.getSingleMetric('prisma_exposition_requests_total')).toBeUndefined()
  })

  test('contain a shared metric once', async () => {
    const [one, two] = [new Registry(), new Registry()]
    two.registerMetric(counterIn(one, 'shared_total', {}, 5))
    expect((await bodyOf([one, two])).match(/^shared_total 5$/gm)).toHaveLength(1)
  })

  test('each have their own default labels', async () => {
    const [one, two] = [new Registry(), new Registry()]
    one.setDefaultLabels({ app: 'one' })
    counterIn(one, 'one_total', { app: 'mine' }, 1)
    counterIn(one, 'other_total', {}, 1)
    counterIn(two, 'two_total', {}, 2)
    const body = await bodyOf([one, two])
    expect(valueOf(body, 'one_total{app="mine"}')).toBe(1)
    expect(valueOf(body, 'other_total{app="one"}')).toBe(1)
    expect(valueOf(body, 'two_total')).toBe(2)
  })

  test('apply default labels that are set later', async () => {
    const registry = new Registry()
    counterIn(registry, 'one_total', {}, 1)
    expect(valueOf(await bodyOf(registry), 'one_total')).toBe(1)
    registry.setDefaultLabels({ zone: 'a' })
    expect(valueOf(await bodyOf(registry), 'one_total{zone="a"}')).toBe(1)
    registry.setDefaultLabels({})
    expect(valueOf(await bodyOf(registry), 'one_total')).toBe(1)
  })
})

describe('metrics of one name', () => {
  test('are merged if type and labels agree', async () => {
    const [one, two, three] = [new Registry(), new Registry(), new Registry()]
    counterIn(one, 'jobs_total', { queue: 'a' }, 1).inc({ queue: 'b' }, 10)
    counterIn(two, 'jobs_total', { queue: 'b' }, 20).inc({ queue: 'c' }, 100)
    const ours = ourCounter('jobs_total', ['queue'])
    ours.with(['a']).inc(5)
    three.registerMetric(ours as never)
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const body = await bodyOf([one, two, three], accept)
      expect(valueOf(body, 'jobs_total{queue="a"}')).toBe(6)
      expect(valueOf(body, 'jobs_total{queue="b"}')).toBe(30)
      expect(valueOf(body, 'jobs_total{queue="c"}')).toBe(100)
      expect(body.match(/^# TYPE jobs/gm)).toHaveLength(1)
    }
  })

  test('are merged bucket by bucket for histograms, with the newest exemplar', async () => {
    const [one, two] = [new Registry(), new Registry()]
    const theirs = new Histogram({ name: 'wait', help: 'w', buckets: [1, 2], registers: [one] })
    for (const value of [0.5, 1.5, 3]) theirs.observe(value)
    const ours = new HistogramFamily(
      { name: 'wait', type: 'histogram', help: 'w', labelNames: [], aggregator: 'sum' },
      [1, 2],
    )
    const series = ours.with([])
    series.exemplars = []
    series.exemplars[series.observe(0.25)] = { labelSet: { id: 'x' }, value: 0.25, timestamp: 1 }
    two.registerMetric(ours as never)
    const body = await bodyOf([one, two], 'application/openmetrics-text')
    expect(body).toContain('wait_bucket{le="1.0"} 2 # {id="x"} 0.25 1\n')
    expect(valueOf(body, 'wait_bucket{le="2.0"}')).toBe(3)
    expect(valueOf(body, 'wait_bucket{le="+Inf"}')).toBe(4)
    expect(valueOf(body, 'wait_sum')).toBe(5.25)
    expect(valueOf(body, 'wait_count')).toBe(4)
  })

  test.for<readonly [string, number]>([
    ['sum', 9],
    ['first', 4],
    ['min', 2],
    ['max', 4],
    ['average', 3],
  ])('gauges as their aggregator says: %s', async ([aggregator, expected]) => {
    const registries = [4, 2, 3].map((value) => {
      const registry = new Registry()
      const registers = [registry]
      const options = { name: 'level', help: 'l', aggregator, registers } as never
      new Gauge(options).set(value)
      return registry
    })
    expect(valueOf(await bodyOf(registries), 'level')).toBe(expected)
  })

  test('keep the default labels of each registry', async () => {
    const [one, two] = [new Registry(), new Registry()]
    one.setDefaultLabels({ app: 'one' })
    two.setDefaultLabels({ app: 'two' })
    counterIn(one, 'jobs_total', {}, 1)
    counterIn(two, 'jobs_total', {}, 2)
    const body = await bodyOf([one, two])
    expect(valueOf(body, 'jobs_total{app="one"}')).toBe(1)
    expect(valueOf(body, 'jobs_total{app="two"}')).toBe(2)
  })

  test('are rejected at start if they cannot be merged, with their difference', () => {
    const [one, two] = [new Registry(), new Registry()]
    counterIn(one, 'jobs_total', { queue: 'a' }, 1)
    counterIn(two, 'jobs_total', { name: 'a', queue: 'b' }, 1)
    expect(() => exposeMetrics(undefined, { registry: [one, two] })).toThrow(
      'prisma-prometheus: registry: two registries have a metric "jobs_total": expected both to be a counter with labels queue, got a counter with labels name, queue; rename one or leave its registry out',
    )
    const [three, four] = [new Registry(), new Registry()]
    const registers = [[three], [four]] as const
    registers.map((to, index) =>
      new Histogram({ name: 'h', help: 'h', buckets: [1, 2 + index], registers: [...to] }).reset(),
    )
    expect(() => exposeMetrics(undefined, { registry: [three, four] })).toThrow(
      'expected both to be a histogram with labels (none) and buckets 1 2, got a histogram with labels (none) and buckets 1 3',
    )
  })

  test('omit and report the later one if they cannot be merged', async () => {
    const [one, two] = [new Registry(), new Registry()]
    counterIn(one, 'jobs_total', {}, 1)
    const errors: unknown[] = []
    const options = { registry: [one, two], onError: (error: unknown) => errors.push(error) }
    const answered = async (): Promise<string> =>
      (await metricsResponse(new Request('http://x/metrics'), options)).text()
    expect(valueOf(await answered(), 'jobs_total')).toBe(1)
    new Gauge({ name: 'jobs_total', help: 'Another.', registers: [two] }).set(7)
    const body = await answered()
    expect(valueOf(body, 'jobs_total')).toBe(1)
    expect(valueOf(body, 'prisma_exposition_collect_errors_total{metric="jobs_total"}')).toBe(1)
    expect(errors.map(String)).toEqual([
      'Error: prisma-prometheus: registry: two registries have a metric "jobs_total": expected both to be a counter with labels (none), got a gauge with labels (none); rename one or leave its registry out',
    ])
  })
})

test('collects default metrics on request, once', async () => {
  const registry = new Registry()
  const options = { registry, collectDefaultMetrics: true }
  for (let endpoint = 0; endpoint < 2; endpoint++) exposeMetrics(undefined, options)
  const body = await bodyOf(registry)
  for (const name of ['process_cpu_user_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
    expect(valueOf(body, name)).toBeGreaterThanOrEqual(0)
  }
  expect(await bodyOf(new Registry())).not.toContain('process_cpu')
  const configured = new Registry()
  exposeMetrics(undefined, {
    registry: configured,
    collectDefaultMetrics: { prefix: 'my_', labels: { app: 'x' } },
  })
  expect(await bodyOf(configured)).toMatch(/^my_process_cpu_user_seconds_total\{app="x"\} /m)
})

test("uses prom-client's global registry by default", async () => {
  const visits = new Counter({ name: 'global_visits_total', help: 'Visits.' })
  visits.inc(4)
  const body = await (await metricsResponse(new Request('http://x/metrics'))).text()
  expect(valueOf(body, 'global_visits_total')).toBe(4)
  promClient.register.clear()
})

describe('@prometheus-io/client', () => {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const isMissing = major < 22
  if (isMissing) {
    console.log(`Skipped: @prometheus-io/client needs Node 22, and this is ${process.version}`)
  }

  async function load(): Promise<MetricsLibrary> {
    const library: unknown = await import('@prometheus-io/client')
    return library as MetricsLibrary
  }

  test.skipIf(isMissing)('works alone: every type, default labels, exemplars', async () => {
    const library = await load()
    const registry = new library.Registry<promClient.OpenMetricsContentType>()
    registry.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8')
    registry.setDefaultLabels({ zone: 'a' })
    const registers = [registry]
    const labelNames = ['of'] as const
    new library.Counter({ name: 'c_total', help: 'c', labelNames, registers }).inc({ of: 'x"' }, 2)
    new library.Gauge({ name: 'g', help: 'g', registers }).set(-1.5)
    const histogram = new library.Histogram({
      name: 'h',
      help: 'h',
      labelNames,
      buckets: [1, 2],
      enableExemplars: true,
      registers,
    })
    histogram.observe({ labels: { of: 'y' }, value: 1.5, exemplarLabels: { of: 'z' } })
    new library.Summary({ name: 's', help: 's', percentiles: [0.5], registers }).observe(3)
    for (const accept of ['text/plain', 'application/openmetrics-text;version=1.0.0']) {
      const body = await bodyOf(registry, accept)
      const isText = accept === 'text/plain'
      expect(valueOf(body, String.raw`c_total{of="x\"",zone="a"}`)).toBe(2)
      expect(valueOf(body, 'g{zone="a"}')).toBe(-1.5)
      const le = isText ? '1' : '1.0'
      expect(valueOf(body, `h_bucket{of="y",zone="a",le="${le}"}`)).toBe(0)
      expect(body.includes('# {of="z"} 1.5 ')).toBe(!isText)
      expect(valueOf(body, 'h_sum{of="y",zone="a"}')).toBe(1.5)
      expect(valueOf(body, 's{quantile="0.5",zone="a"}')).toBe(3)
      expect(valueOf(body, 's_count{zone="a"}')).toBe(1)
    }
  })

  test.skipIf(isMissing)(
    'works together with prom-client, merged if type and labels agree',
    async () => {
      const library = await load()
      const [theirs, successors] = [new Registry(), new library.Registry()]
      counterIn(theirs, 'jobs_total', { queue: 'a' }, 1)
      const registers = [successors]
      new library.Counter({ name: 'jobs_total', help: 'j', labelNames: ['queue'], registers }).inc(
        { queue: 'a' },
        2,
      )
      new library.Gauge({ name: 'only_there', help: 'o', registers }).set(3)
      const body = await bodyOf([theirs, successors])
      expect(valueOf(body, 'jobs_total{queue="a"}')).toBe(3)
      expect(valueOf(body, 'only_there')).toBe(3)
    },
  )

  test.skipIf(isMissing)("holds the endpoint's own metrics as the first registry", async () => {
    const library = await load()
    const registry = new library.Registry()
    const options = { registry, collectDefaultMetrics: true }
    exposeMetrics(() => {}, options)
    const body = await bodyOf(registry)
    expect(body).toContain('prisma_exposition_requests_total{code="200"} 0\n')
    expect(body).toContain('TYPE http_server_active_requests gauge')
    expect(valueOf(body, 'process_resident_memory_bytes')).toBeGreaterThan(0)
  })
})
