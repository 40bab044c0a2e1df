import { isObject } from '../../support/validate.ts'
import type { ExemplarData, ForeignMetric, Labels, SampleData } from './metric-family.ts'

/**
 * Where `prom-client` (`hashMap`) and `@prometheus-io/client` (`store`) keep what a metric has
 * recorded. It is not public: this file alone knows of it, and gives nothing where it looks otherwise.
 */
interface Storage {
  readonly hashMap?: unknown
  readonly store?: { readonly values?: () => Iterable<unknown> }
  readonly upperBounds?: readonly number[]
}

/** A histogram's series where they are. */
export interface RecordedHistogram {
  readonly upperBounds: readonly number[]
  readonly entries: readonly HistogramEntry[]
}

export interface HistogramEntry {
  readonly labels: Labels
  /** By upper bound, not cumulative. */
  readonly bucketValues: Readonly<Record<string, number>>
  /** By upper bound, and -1 for what lies above all of them. */
  readonly bucketExemplars?: Readonly<Record<string, ExemplarData | null>>
  readonly sum: number
  readonly count: number
}

/**
 * The samples of a metric one by one, as its `get()` would give them all together: what is written at
 * once need not be held, and a metric of any size can be read in slices. Nothing for summaries, which
 * have to work out what they show.
 */
export function recordedSamples(metric: ForeignMetric): Iterable<SampleData> | undefined {
  switch (metric.type) {
    case 'counter':
    case 'gauge': {
      const entries = entriesOf(metric)
      return entries?.every(isSample) === true ? entries : undefined
    }
    case 'histogram': {
      const histogram = recordedHistogram(metric)
      return histogram && histogramSamples(metric.name, histogram)
    }
    default:
      return undefined
  }
}

/** Nothing for what is no histogram. */
export function recordedHistogram(metric: ForeignMetric): RecordedHistogram | undefined {
  const { upperBounds } = metric as Storage
  if (metric.type !== 'histogram' || !Array.isArray(upperBounds)) return undefined
  const entries = entriesOf(metric)
  return entries?.every(isHistogramEntry) === true ? { upperBounds, entries } : undefined
}

function entriesOf(metric: ForeignMetric): unknown[] | undefined {
  const { hashMap, store } = metric as Storage
  const entries = isObject(hashMap) ? Object.values(hashMap) : store?.values?.()
  return entries && [...entries]
}

function isSample(entry: unknown): entry is SampleData {
  return isObject(entry) && 'labels' in entry && 'value' in entry
}

function isHistogramEntry(entry: unknown): entry is HistogramEntry {
  return (
    isObject(entry) &&
    'labels' in entry &&
    'bucketValues' in entry &&
    isObject(entry.bucketValues) &&
    'sum' in entry &&
    'count' in entry
  )
}

function* histogramSamples(
  name: string,
  { upperBounds, entries }: RecordedHistogram,
): Generator<SampleData> {
  const metricName = `${name}_bucket`
  const buckets = upperBounds.map((bound) => ({ key: String(bound), labels: { le: bound } }))
  const last = { le: '+Inf' }
  for (const { labels: sharedLabels, bucketValues, bucketExemplars, sum, count } of entries) {
    // All of a series at once: it may go on being observed while its samples are written.
    const samples: SampleData[] = []
    let below = 0
    for (const { key, labels } of buckets) {
      below += bucketValues[key] ?? 0
      const exemplar = bucketExemplars?.[key] ?? null
      samples.push({ labels, sharedLabels, value: below, metricName, exemplar })
    }
    const exemplar = bucketExemplars?.['-1'] ?? null
    samples.push(
      { labels: last, sharedLabels, value: count, metricName, exemplar },
      { labels: {}, sharedLabels, value: sum, metricName: `${name}_sum` },
      { labels: {}, sharedLabels, value: count, metricName: `${name}_count` },
    )
    yield* samples
  }
}
