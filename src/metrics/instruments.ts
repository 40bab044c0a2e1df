import { clientCatalogue, type MetricDeclaration } from './catalogue.ts'
import type { Counter } from './counter.ts'
import type { Family, Series } from './metric-family.ts'
import { type Detail, type Kept, keptAt, mergedLabel } from './detail.ts'
import type { Gauge } from './gauge.ts'
import type { Histogram, HistogramForm } from './histogram.ts'
import { getOrRegister } from './register.ts'
import type { MetricRegistry } from './registry.ts'

/** The label value for all sets of label values after a metric has reached `maxSeries` of them. */
export const otherLabel = '$other'

interface SeriesOfType {
  readonly counter: Counter
  readonly gauge: Gauge
  readonly histogram: Histogram
}

/** The declared labels without `client`, as a tuple of that length. */
type LabelValues<L extends readonly string[]> = L extends readonly [string, ...infer Rest]
  ? { readonly [I in keyof Rest]: string }
  : never

/** One metric of one client: its family with the `client` label filled in. */
export interface Instrument<S extends Series, V extends readonly string[]> {
  /** Whether `detail` omits the series of scopes that are requests. */
  readonly jobsOnly: boolean
  /** The series of these label values, or that of `$other` beyond `maxSeries`. Callers keep it. */
  with(...labelValues: V): S
  /** Exposes the series of these label values before their first event, unless `detail` omits that. */
  expose(...labelValues: V): void
  /** Removes the series of these label values, for states that no longer exist. */
  remove(...labelValues: V): void
  /** See {@link Family.beforeCollect}. */
  beforeCollect(refresh: () => void | Promise<void>): () => void
  /**
   * Removes all `beforeCollect` functions. Series that `with` returns later are not exposed.
   *
   * @param removeSeries removes the client's series as well.
   */
  dispose(removeSeries: boolean): void
}

type ClientCatalogue = typeof clientCatalogue

/** The metrics of the catalogue on a registry, for one client. */
export type Instruments = {
  readonly [K in keyof ClientCatalogue]: Instrument<
    SeriesOfType[ClientCatalogue[K]['type']],
    LabelValues<ClientCatalogue[K]['labels']>
  >
}

export interface InstrumentOptions {
  readonly client: string
  readonly registry: MetricRegistry
  readonly prefix: string
  /** Bounds of the duration histograms, in seconds. @default those of `detail` */
  readonly buckets?: readonly number[] | undefined
  /** @default 'normal' */
  readonly detail?: Detail
  readonly maxSeries: number
  /** @default 'classic' */
  readonly histograms?: HistogramForm
}

// The number is the version of the layout, which copies of different versions must not share.
const latestKey = Symbol.for('prisma-prometheus.latest-instruments.1')

/** The latest instruments of each prefix and client of a registry, which record in the series. */
type InstrumentedRegistry = MetricRegistry & { [latestKey]?: Map<string, symbol> }

/** @throws {Error} if a name is taken in the registry by another metric. */
export function createInstruments(options: InstrumentOptions): {
  readonly instruments: Instruments
  /** Removes the client from the registry, unless newer instruments have replaced these. */
  readonly dispose: () => void
} {
  const { client, registry, prefix, buckets, detail = 'normal', maxSeries, histograms } = options
  const register = (declaration: MetricDeclaration): Family<Series> =>
    getOrRegister(registry, declaration, { prefix, durationBuckets: buckets, detail, histograms })

  const dropped = register(clientCatalogue.seriesDropped) as Family<Counter>
  const limits = register(clientCatalogue.seriesLimit) as Family<Gauge>
  const instruments: Record<string, Instrument<Series, readonly string[]>> = {}
  for (const [key, declaration] of Object.entries<MetricDeclaration>(clientCatalogue)) {
    const family = register(declaration)
    const isLimited = family !== dropped && family !== limits
    const limit = isLimited ? maxSeries : Number.POSITIVE_INFINITY
    const onDrop = (): void => dropped.with([client, family.declaredName]).inc()
    if (isLimited && family.labelNames.length > 1)
      limits.with([client, family.declaredName]).set(maxSeries)
    instruments[key] = instrumentOf(family, {
      client,
      limit,
      onDrop,
      ...keptAt(detail, declaration),
    })
  }
  const instrumented: InstrumentedRegistry = registry
  const latest = (instrumented[latestKey] ??= new Map())
  const key = JSON.stringify([prefix, client])
  const own = Symbol(key)
  latest.set(key, own)
  return {
    instruments: instruments as Instruments,
    dispose() {
      // After a hot reload, the series belong to the instruments that replaced these.
      const ownsSeries = latest.get(key) === own
      for (const instrument of Object.values(instruments)) instrument.dispose(ownsSeries)
      if (ownsSeries) latest.delete(key)
    },
  }
}

interface ClientSeries extends Kept {
  readonly client: string
  /** Label sets of the client, at most. */
  readonly limit: number
  readonly onDrop: () => void
}

function instrumentOf<S extends Series>(
  family: Family<S>,
  { client, limit, onDrop, lazy = false, jobsOnly = false, merged = [] }: ClientSeries,
): Instrument<S, readonly string[]> {
  const valuesOf = (labelValues: readonly string[]): string[] => [
    client,
    ...labelValues.map((value, index) =>
      merged.includes(family.labelNames[index + 1] as string) ? mergedLabel : value,
    ),
  ]
  let made = seriesMade(family, client)
  let disposed = false
  const refreshing = new Set<() => void>()
  return {
    jobsOnly,
    expose(...labelValues) {
      if (!lazy) this.with(...labelValues)
    },
    with(...labelValues) {
      const values = valuesOf(labelValues)
      if (family.absent) return family.with(values)
      if (disposed) return family.unregistered(values)
      if (!family.has(values)) {
        if (made >= limit && labelValues.length > 0) {
          onDrop()
          return family.with([client, ...labelValues.map(() => otherLabel)])
        }
        made += 1
      }
      return family.with(values)
    },
    remove(...labelValues) {
      const values = valuesOf(labelValues)
      if (family.has(values)) {
        made -= 1
        family.remove(values)
      }
    },
    beforeCollect(refresh) {
      const stop = family.beforeCollect(refresh)
      refreshing.add(stop)
      return () => {
        stop()
        refreshing.delete(stop)
      }
    },
    dispose(removeSeries) {
      disposed = true
      for (const stop of refreshing) stop()
      refreshing.clear()
      if (!removeSeries) return
      for (const { labelValues } of family.series())
        if (labelValues[0] === client) family.remove(labelValues)
    },
  }
}

/** The number of series of an earlier instrumentation of the same client, without `$other`. */
function seriesMade(family: Family<Series>, client: string): number {
  let made = 0
  for (const { labelValues } of family.series()) {
    const [label, ...rest] = labelValues
    if (label === client && rest.some((value) => value !== otherLabel)) made += 1
  }
  return made
}
