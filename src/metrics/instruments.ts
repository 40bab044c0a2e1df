import { clientCatalogue, type MetricDeclaration } from './catalogue.ts'
import type { Counter } from './counter.ts'
import type { Family, Series } from './metric-family.ts'
import type { Gauge } from './gauge.ts'
import type { Histogram } from './histogram.ts'
import { getOrRegister } from './register.ts'
import type { MetricRegistry } from './registry.ts'

/** The label value that stands for all that came after a metric had reached `maxSeries`. */
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
  /** The series of these label values, or that of `$other` where `maxSeries` is reached. Keep it. */
  with(...labelValues: V): S
  /** Drops the series of these label values, for states that are no longer there. */
  remove(...labelValues: V): void
  /** See {@link Family.beforeCollect}. */
  beforeCollect(refresh: () => void | Promise<void>): () => void
}

type ClientCatalogue = typeof clientCatalogue

/** The catalogue made real on a registry, for one client. */
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
  readonly buckets: readonly number[]
  readonly maxSeries: number
}

/** @throws {Error} where a name is taken in the registry by another metric. */
export function createInstruments(options: InstrumentOptions): Instruments {
  const { client, registry, prefix, buckets, maxSeries } = options
  const register = (declaration: MetricDeclaration): Family<Series> =>
    getOrRegister(registry, declaration, { prefix, durationBuckets: buckets })

  const dropped = register(clientCatalogue.seriesDropped) as Family<Counter>
  const instruments: Record<string, Instrument<Series, readonly string[]>> = {}
  for (const [key, declaration] of Object.entries<MetricDeclaration>(clientCatalogue)) {
    const family = register(declaration)
    const limit = key === 'seriesDropped' ? Number.POSITIVE_INFINITY : maxSeries
    const onDrop = (): void => dropped.with([client, family.declaredName]).inc()
    instruments[key] = instrumentOf(family, client, limit, onDrop)
  }
  return instruments as unknown as Instruments
}

function instrumentOf<S extends Series>(
  family: Family<S>,
  client: string,
  maxSeries: number,
  onDrop: () => void,
): Instrument<S, readonly string[]> {
  let made = seriesMade(family, client)
  return {
    with(...labelValues) {
      const values = [client, ...labelValues]
      if (!family.has(values)) {
        if (made >= maxSeries && labelValues.length > 0) {
          onDrop()
          return family.with([client, ...labelValues.map(() => otherLabel)])
        }
        made += 1
      }
      return family.with(values)
    },
    remove(...labelValues) {
      const values = [client, ...labelValues]
      if (family.has(values)) {
        made -= 1
        family.remove(values)
      }
    },
    beforeCollect: (refresh) => family.beforeCollect(refresh),
  }
}

/** How many series an earlier instrumentation of the same client has left, that of `$other` aside. */
function seriesMade(family: Family<Series>, client: string): number {
  let made = 0
  for (const { labelValues } of family.series()) {
    const [owner, ...rest] = labelValues
    if (owner === client && rest.some((value) => value !== otherLabel)) made += 1
  }
  return made
}
