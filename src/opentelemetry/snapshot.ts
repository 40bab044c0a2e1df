import type { Family, Series } from '../metrics/metric-family.ts'
import { attributesOf } from '../metrics/series-attributes.ts'
import type { Counter } from '../metrics/counter.ts'
import type { Gauge } from '../metrics/gauge.ts'
import type { Histogram } from '../metrics/histogram.ts'
import { copyOf } from '../metrics/histograms/native-buckets.ts'
import { type Collected, familyOf } from '../exposition/collect/family-sources.ts'
import { outcomeLabel } from './names/semantic-conventions.ts'
import type { HistogramSeries, NumberSeries, SeriesSnapshot } from './series.ts'
import { histogramsIn, numbersIn, textsOf } from './samples.ts'

/** A family as it was at one moment, whichever library keeps it. */
export type Snapshot = {
  /** As /metrics shows it. */
  readonly name: string
  readonly help: string
  readonly catalogueName: string | undefined
} & (
  | { readonly type: 'counter'; readonly series: readonly NumberSeries[] }
  | { readonly type: 'gauge'; readonly series: readonly NumberSeries[] }
  | { readonly type: 'histogram'; readonly series: readonly HistogramSeries[] }
  | { readonly type: 'summary' }
)

/**
 * Reads a collected family at once, so that no series changes while another is read.
 *
 * @param failed called with the error of a series that contradicts itself; the series is left out
 */
export async function readSnapshot(
  name: string,
  collected: Collected,
  failed: (error: Error) => void,
): Promise<Snapshot> {
  if (collected.kind === 'family') {
    return ofFamily(collected.family, textsOf(collected.registryLabels))
  }
  const data = await familyOf(collected)
  const problem = data.problem?.()
  if (problem !== undefined) failed(problem)
  const { help } = data
  const head = { name, help, catalogueName: collected.catalogueName }
  switch (data.type) {
    case 'histogram':
      return { ...head, type: 'histogram', series: histogramsIn(data, failed) }
    case 'summary':
      return { ...head, type: 'summary' }
    case 'counter':
      return { ...head, type: 'counter', series: numbersIn(data) }
    default:
      return { ...head, type: 'gauge', series: numbersIn(data) }
  }
}

function ofFamily(
  family: Family<Series>,
  registryLabels: Readonly<Record<string, string>>,
): Snapshot {
  const { declaredName: name, help, catalogueName, type } = family
  const head = { name, help, catalogueName }
  if (type === 'histogram') {
    const series = Array.from((family as Family<Histogram>).series(), (one) => {
      const { labels, ...whole } = histogram(one, identity(family, one, registryLabels))
      return { ...whole, labels, outcomes: outcomesOf(one, labels) }
    })
    return { ...head, type, series }
  }
  const series = Array.from((family as Family<Counter | Gauge>).series(), (one) => ({
    ...identity(family, one, registryLabels),
    value: one.value,
  }))
  return { ...head, type, series }
}

function histogram(one: Histogram, identified: SeriesSnapshot): HistogramSeries {
  return {
    ...identified,
    bounds: one.bounds,
    counts: [...one.counts],
    sum: one.sum,
    exemplars: one.exemplars && [...one.exemplars],
    // A family is exported in one form: with both, in that of the stable bounds.
    ...(one.native !== undefined && one.bounds.length === 0 && { native: copyOf(one.native) }),
  }
}

/** The successes continue the whole series, as it was before its first error. */
function outcomesOf(
  one: Histogram,
  labels: SeriesSnapshot['labels'],
): readonly HistogramSeries[] | undefined {
  if (one.outcomes === undefined) return undefined
  const outcomes = Array.from(one.outcomes, ([code, part]) => {
    const key = code === '' ? one : part
    return histogram(part, {
      key,
      labels: { ...labels, [outcomeLabel]: code },
      created: part.startedAt,
    })
  })
  // An operation that has failed each time has no successes to export.
  return outcomes.filter(({ counts }) => counts.some((count) => count > 0))
}

function identity(
  { labelNames }: Family<Series>,
  series: Series,
  registryLabels: Readonly<Record<string, string>>,
): SeriesSnapshot {
  const own = labelNames.map((label, index) => [label, series.labelValues[index] ?? ''])
  const { startedAt: created } = series as Partial<Counter>
  const labels = { ...registryLabels, ...Object.fromEntries(own) }
  return { key: series, labels, created, attributes: attributesOf(series) }
}
