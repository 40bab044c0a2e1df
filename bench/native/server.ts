import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { registryOfExample } from '../../scripts/detail-table.ts'
import { documented, seriesCount, services } from '../../scripts/metric-reference.ts'
import { exposeMetrics } from '../../src/index.ts'
import { bucketBounds, type MetricDeclaration } from '../../src/metrics/catalogue.ts'
import { type Histogram, HistogramFamily } from '../../src/metrics/histogram.ts'
import { getOrRegister } from '../../src/metrics/register.ts'
import { startPrometheus } from '../../test/exposition/endpoint/prometheus.ts'

const forms = ['classic', 'native'] as const
type Form = (typeof forms)[number]

/** Durations in seconds as services have them; `random` is uniform from 0 to 1. */
const distributions: Readonly<Record<string, (random: () => number) => number>> = {
  'log-normal, median 8 ms': (random) => 0.008 * Math.exp(normal(random)),
  'log-normal, median 120 ms': (random) => 0.12 * Math.exp(0.6 * normal(random)),
  'cache: 1 ms, 10 % of 90 ms': (random) =>
    (random() < 0.9 ? 0.001 : 0.09) * Math.exp(0.3 * normal(random)),
  'uniform, 20 to 40 ms': (random) => 0.02 + 0.02 * random(),
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function fill(registry: Registry, form: Form): ReadonlyMap<string, readonly number[]> {
  const declared = { name: 'bench_seconds', help: 'Durations.', labelNames: ['kind'] } as const
  const family = new HistogramFamily(
    { ...declared, type: 'histogram', aggregator: 'sum' },
    bucketBounds.duration,
    form,
  )
  registry.registerMetric(family as never)
  const recorded = new Map<string, readonly number[]>()
  for (const [index, [kind, next]] of Object.entries(distributions).entries()) {
    const random = seeded(index + 1)
    const values = Array.from({ length: 20_000 }, () => next(random))
    for (const value of values) family.with([kind]).observe(value)
    recorded.set(
      kind,
      values.toSorted((a, b) => a - b),
    )
  }
  return recorded
}

/** The series of a service of this size: every combination of label values. */
export function fillService(registry: Registry, form: Form, size: number): void {
  const service = services[size] as (typeof services)[number]
  for (const [declaration] of documented) {
    const options = {
      prefix: 'prisma_',
      durationBuckets: bucketBounds.duration,
      histograms: form,
    }
    const family = getOrRegister<MetricDeclaration>(registry, declaration, options)
    const wanted = seriesCount(declaration, service)
    for (let at = 0; at < wanted; at++) {
      const series = family.with(declaration.labels.map(() => `value${at}`))
      if (declaration.type === 'histogram') (series as Histogram).observe(0.01 * (at + 1))
    }
  }
}

export interface ServerRows {
  readonly quantiles: readonly string[][]
  readonly series: readonly string[][]
}

/** What a real Prometheus stores and answers for both forms. */
export async function serverRows(): Promise<ServerRows> {
  const targets: Record<string, string> = {}
  const servers: ReturnType<typeof createServer>[] = []
  const serve = async (job: string, registry: Registry, form: Form): Promise<void> => {
    const listener = exposeMetrics(undefined, { registry, histograms: form, prefix: 'endpoint_' })
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    targets[job] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
  }
  let recorded: ReadonlyMap<string, readonly number[]> = new Map()
  for (const form of forms) {
    const registry = new Registry()
    recorded = fill(registry, form)
    await serve(form, registry, form)
    for (const size of services.keys()) {
      const sized = new Registry()
      fillService(sized, form, size)
      await serve(`${form}-${size}`, sized, form)
    }
    await serve(`${form}-example`, registryOfExample('normal', form), form)
  }
  await using prometheus = await startPrometheus('prometheus', targets, 'native-histograms', '5s')
  const jobs = Object.keys(targets).length + 1
  while ((await prometheus.query('up == 1')).length < jobs) await sleep(500)
  const valueOf = async (expression: string): Promise<number> =>
    Number((await prometheus.query(expression))[0]?.value[1])
  const quantiles: string[][] = []
  for (const [kind, values] of recorded) {
    for (const q of [0.5, 0.9, 0.99]) {
      const raw = values[Math.ceil(q * values.length) - 1] as number
      const selector = `{job="native",kind="${kind}"}`
      const native = await valueOf(`histogram_quantile(${q}, bench_seconds${selector})`)
      const classic = await valueOf(
        `histogram_quantile(${q}, bench_seconds_bucket{job="classic",kind="${kind}"})`,
      )
      const error = (value: number): string => `${((value / raw - 1) * 100).toFixed(1)} %`
      const shown = [raw, native, classic].map((value) => (value * 1000).toFixed(2))
      const [exact = '', ofNative = '', ofClassic = ''] = shown
      quantiles.push([kind, String(q), exact, ofNative, error(native), ofClassic, error(classic)])
    }
  }
  const series: string[][] = []
  const sizes: (readonly [job: string | number, name: string])[] = [
    ['example', '10 models, 15 routes, a third of which write'],
    ...[...services.entries()].map(
      ([size, { name }]) => [size, `every combination, ${name}`] as const,
    ),
  ]
  for (const [size, name] of sizes) {
    const own = '{__name__!~"endpoint_.*|scrape_.*|up"'
    const [classic = 0, native = 0] = await Promise.all(
      forms.map((form) => valueOf(`count(${own},job="${form}-${size}"})`)),
    )
    const buckets = `__name__=~".+_(bucket|sum|count)"`
    const inClassic = await valueOf(`count({job="classic-${size}",${buckets}})`)
    const inNative = native - (classic - inClassic)
    series.push([
      name,
      ...[classic, native].map(String),
      (classic / native).toFixed(1),
      (inClassic / inNative).toFixed(1),
    ])
  }
  for (const server of servers) server.closeAllConnections()
  await Promise.all(
    servers.map((server) => new Promise<unknown>((resolve) => server.close(resolve))),
  )
  return { quantiles, series }
}
