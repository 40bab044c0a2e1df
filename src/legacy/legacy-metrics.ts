import { defaultPrefix, legacyCatalogue, type MetricType } from '../metrics/catalogue.ts'
import type { Counter } from '../metrics/counter.ts'
import type { Family, Series } from '../metrics/metric-family.ts'
import type { Gauge } from '../metrics/gauge.ts'
import type { Histogram } from '../metrics/histogram.ts'
import { getOrRegister } from '../metrics/register.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import type { LegacyMetric, LegacyMetricsClient, LegacyMetricsRequest } from './metrics-client.ts'
import { legacyText } from './text.ts'

/** Values that are read when `$metrics` or the registry is read. */
export interface LegacyReadings {
  readonly operationsInFlight: number
  readonly pool: {
    readonly idle: number
    readonly busy: number
    readonly pending: number
    readonly opened: number
    readonly closed: number
  }
}

export interface LegacyOptions {
  readonly client: string
  /** The registry that exposes the twelve families; undefined exposes them through `$metrics` only. */
  readonly registry: MetricRegistry | undefined
  readonly read: () => LegacyReadings
}

type Key = keyof typeof legacyCatalogue

const keys = Object.keys(legacyCatalogue) as Key[]

/** The twelve metrics of Prisma 6 for one client, and the `$metrics` that returns them. */
export class LegacyMetrics {
  readonly $metrics: LegacyMetricsClient = {
    prometheus: async (request) => legacyText(this.#groups(request, cumulative)),
    json: async (request) => this.#groups(request, separate),
  }
  readonly #client: string
  readonly #families: Readonly<Record<Key, Family<Series>>>
  readonly #queries: Histogram
  readonly #waits: Histogram
  readonly #statements: Histogram
  readonly #read: () => LegacyReadings
  readonly #refreshing: (() => void)[] = []

  constructor({ client, registry, read }: LegacyOptions) {
    this.#client = client
    this.#read = read
    const target = registry ?? unregistered
    const families = Object.entries(legacyCatalogue).map(([key, declaration]) => [
      key,
      getOrRegister(target, declaration, { prefix: defaultPrefix }),
    ])
    this.#families = Object.fromEntries(families) as Record<Key, Family<Series>>
    this.#queries = this.#series('clientQueriesDuration') as Histogram
    this.#waits = this.#series('clientQueriesWaitDuration') as Histogram
    this.#statements = this.#series('datasourceQueriesDuration') as Histogram
    for (const key of keys) {
      if (legacyCatalogue[key].type === 'histogram') continue
      const series = this.#series(key) as Counter | Gauge
      const refresh = (): void => {
        series.value = this.#readings()[key] ?? 0
      }
      this.#refreshing.push(this.#families[key].beforeCollect(refresh))
    }
  }

  /** Removes the client's series from the registry. */
  dispose(): void {
    for (const stop of this.#refreshing) stop()
    for (const family of Object.values(this.#families)) family.remove([this.#client])
  }

  operationSettled(seconds: number): void {
    this.#queries.observe(seconds * 1000)
  }

  statementSettled(seconds: number): void {
    this.#statements.observe(seconds * 1000)
  }

  connectionAcquired(seconds: number): void {
    this.#waits.observe(seconds * 1000)
  }

  #series(key: Key): Series {
    return this.#families[key].with([this.#client])
  }

  /** The current counters and gauges, read from the package's own metrics so that they cannot diverge. */
  #readings(): Partial<Record<Key, number>> {
    const { operationsInFlight, pool } = this.#read()
    return {
      clientQueries: this.#queries.count,
      datasourceQueries: this.#statements.count,
      connectionsClosed: pool.closed,
      connectionsOpened: pool.opened,
      clientQueriesActive: operationsInFlight,
      clientQueriesWait: pool.pending,
      connectionsBusy: pool.busy,
      connectionsIdle: pool.idle,
      connectionsOpen: pool.busy + pool.idle,
    }
  }

  #groups(
    { globalLabels = {} }: LegacyMetricsRequest = {},
    counted: (counts: readonly number[]) => number[],
  ) {
    const readings = this.#readings()
    const ofType = <T>(wanted: MetricType, valueOf: (key: Key) => T): LegacyMetric<T>[] =>
      keys
        .filter((key) => legacyCatalogue[key].type === wanted)
        .map((key) => ({
          key: legacyCatalogue[key].name,
          labels: { ...globalLabels },
          value: valueOf(key),
          description: legacyCatalogue[key].help,
        }))
    return {
      counters: ofType('counter', (key) => readings[key] ?? 0),
      gauges: ofType('gauge', (key) => readings[key] ?? 0),
      histograms: ofType('histogram', (key) => {
        const { bounds, counts, count, sum } = this.#series(key) as Histogram
        const inBuckets = counted(counts)
        const buckets = bounds.map((bound, index): [number, number] => [
          bound,
          inBuckets[index] ?? 0,
        ])
        return { buckets, sum, count }
      }),
    }
  }
}

/** A registry that exposes nothing. */
const unregistered: MetricRegistry = {
  registerMetric() {},
  getSingleMetric: () => undefined,
}

function separate(counts: readonly number[]): number[] {
  return [...counts]
}

function cumulative(counts: readonly number[]): number[] {
  let sum = 0
  return counts.map((count) => (sum += count))
}
