import { type Family, isFamily, type Series } from '../../metrics/metric-family.ts'
import {
  bucketBounds,
  clientCatalogue,
  expositionCatalogue,
  type MetricDeclaration,
} from '../../metrics/catalogue.ts'
import { classicCounts, type NativeValues } from '../../metrics/histograms/native-buckets.ts'
import type { Labels, Sample } from '../../metrics/samples.ts'
import type { Counter } from '../../metrics/counter.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import type { Collected } from '../../exposition/collect/family-sources.ts'
import type { MetricFamily } from '../../exposition/collect/metric-family.ts'

/** One series of a metric of the catalogue. */
export interface SeriesReading {
  readonly labels: Labels
  /** Of a counter or a gauge; 0 for a histogram. */
  readonly value: number
  /** Of a histogram. The counts are not cumulative; the last one is `+Inf`. */
  readonly histogram?: HistogramReading
}

export interface HistogramReading {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/**
 * The catalogue's metrics at one moment, by their name under the default prefix. Histograms are those
 * that record: a reading is valid until the code that holds it yields to the event loop.
 */
export type Reading = ReadonlyMap<string, readonly SeriesReading[]>

/**
 * Reads collected families.
 *
 * @param catalogueNames names under the default prefix, by the names that are exposed
 */
export function readingOf(
  collected: readonly { readonly name: string; readonly collected: Collected }[],
  sums: ReadonlyMap<string, MetricFamily>,
  catalogueNames: ReadonlyMap<string, string>,
): Reading {
  const reading = new Map<string, SeriesReading[]>()
  for (const { name, collected: family } of collected) {
    const catalogueName = catalogueNames.get(name)
    if (catalogueName === undefined) continue
    const summed = sums.get(name)
    const series =
      family.kind === 'family'
        ? seriesOfFamily(family.family, boundsOf(catalogueName))
        : summed === undefined
          ? []
          : seriesOfSamples(summed, boundsOf(catalogueName))
    // Clients with prefixes of their own share a name in the catalogue.
    const known = reading.get(catalogueName)
    if (known === undefined) reading.set(catalogueName, series)
    else known.push(...series)
  }
  return reading
}

const bounds = new Map(
  Object.values<MetricDeclaration>({ ...clientCatalogue, ...expositionCatalogue }).map(
    ({ name, buckets = 'rows' }) => [name, bucketBounds[buckets]],
  ),
)

/** The classic bounds of a histogram of the catalogue, for a native one. */
function boundsOf(catalogueName: string): readonly number[] {
  return bounds.get(catalogueName) ?? []
}

/** A histogram in classic buckets. Those of the native form alone are converted. */
function readHistogram(
  histogram: HistogramReading & { readonly native?: NativeValues | undefined },
  classicBounds: readonly number[],
): HistogramReading {
  const { native, sum } = histogram
  if (native === undefined || histogram.bounds.length > 0) return histogram
  return { bounds: classicBounds, counts: classicCounts(native, classicBounds), sum }
}

function seriesOfFamily(family: Family<Series>, classicBounds: readonly number[]): SeriesReading[] {
  const { labelNames, type } = family
  return Array.from(family.series(), (series) => {
    const labels = Object.fromEntries(
      labelNames.map((name, index) => [name, series.labelValues[index] ?? '']),
    )
    return type === 'histogram'
      ? { labels, value: 0, histogram: readHistogram(series as Histogram, classicBounds) }
      : { labels, value: (series as Counter | Gauge).value }
  })
}

interface Buckets {
  readonly labels: Labels
  readonly cumulative: [bound: number, count: number][]
  sum: number
  native: NativeValues | undefined
}

function seriesOfSamples(
  { name, type, values }: MetricFamily,
  classicBounds: readonly number[],
): SeriesReading[] {
  if (type !== 'histogram') {
    return values.map(({ labels, sharedLabels, value }) => ({
      labels: { ...labels, ...sharedLabels },
      value,
    }))
  }
  const byLabels = new Map<string, Buckets>()
  for (const sample of values) addSample(byLabels, name, sample)
  return Array.from(byLabels.values(), ({ labels, cumulative, sum, native }) => {
    cumulative.sort(([a], [b]) => a - b)
    const counts = cumulative.map(([, count], index) => count - (cumulative[index - 1]?.[1] ?? 0))
    const ownBounds = cumulative.map(([bound]) => bound).filter(Number.isFinite)
    const histogram = readHistogram({ bounds: ownBounds, counts, sum, native }, classicBounds)
    return { labels, value: 0, histogram }
  })
}

function addSample(byLabels: Map<string, Buckets>, name: string, sample: Sample): void {
  const { le, ...labels } = { ...sample.labels, ...sample.sharedLabels }
  const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  let buckets = byLabels.get(key)
  if (buckets === undefined) {
    buckets = { labels, cumulative: [], sum: 0, native: undefined }
    byLabels.set(key, buckets)
  }
  if (sample.metricName === `${name}_sum`) buckets.sum = sample.value
  buckets.native ??= sample.native
  if (le === undefined) return
  const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)
  buckets.cumulative.push([bound, sample.value])
}

/** The exposed names of the catalogue's metrics that a registry holds. */
export function catalogueNamesIn(metrics: readonly object[], names: Map<string, string>): void {
  for (const metric of metrics) {
    if (isFamily(metric) && metric.catalogueName !== undefined) {
      names.set(metric.declaredName, metric.catalogueName)
    }
  }
}
