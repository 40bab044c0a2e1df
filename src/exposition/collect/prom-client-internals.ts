import { codedError } from '../../support/coded-error.ts'
import { isObject, show } from '../../support/validate.ts'
import type { ForeignMetric } from './metric.ts'

/**
 * The private storage of a metric in `prom-client` (`hashMap`) and `@prometheus-io/client` (`store`).
 * No other file reads it, and these functions return undefined if it has changed. The public `get()`
 * copies all samples of a metric at once (15 ms for 40,000), which blocks the event loop. The entries
 * returned here are read one by one, and only listed at once: their keys in `prom-client`, because
 * looking up the values of 40,000 keys takes four times as long as listing the keys.
 */
interface Storage {
  readonly hashMap?: unknown
  readonly store?: { readonly values?: () => Iterable<unknown> }
  readonly upperBounds?: readonly number[]
}

export interface ValueEntry {
  readonly labels: Readonly<Record<string, unknown>>
  readonly value: unknown
}

export interface HistogramEntry {
  readonly labels: Readonly<Record<string, unknown>>
  /** By upper bound, not cumulative. */
  readonly bucketValues: Readonly<Record<string, number>>
  /** By upper bound, and -1 for the bucket above all of them. */
  readonly bucketExemplars?: Readonly<Record<string, unknown>>
  readonly sum: number
  readonly count: number
}

export interface SummaryEntry {
  readonly labels: Readonly<Record<string, unknown>>
  readonly sum: number
  readonly count: number
}

/** The series of a summary, without their quantiles. */
export function summaryEntries(metric: ForeignMetric): Iterable<SummaryEntry> | undefined {
  return metric.type === 'summary' ? entriesOf(metric, isSummaryEntry) : undefined
}

/** The series of a counter or a gauge. */
export function valueEntries(metric: ForeignMetric): Iterable<ValueEntry> | undefined {
  const { type } = metric
  return type === 'counter' || type === 'gauge' ? entriesOf(metric, isValueEntry) : undefined
}

/** The series of a histogram. */
export function histogramEntries(
  metric: ForeignMetric,
): { upperBounds: readonly number[]; entries: Iterable<HistogramEntry> } | undefined {
  const { upperBounds } = metric as Storage
  if (metric.type !== 'histogram' || !Array.isArray(upperBounds)) return undefined
  const entries = entriesOf(metric, isHistogramEntry)
  return entries && { upperBounds, entries }
}

// The first entry represents the others: a library makes all entries of a metric in one place.
function entriesOf<T>(
  metric: ForeignMetric,
  isEntry: (entry: unknown) => entry is T,
): Iterable<T> | undefined {
  const { hashMap, store } = metric as Storage
  const stored = isObject(hashMap) ? (hashMap as Readonly<Record<string, unknown>>) : undefined
  const values = stored === undefined ? store?.values?.() : []
  if (values === undefined) return undefined
  // A list: an iterator would return a series again that is removed and set while it is read.
  const list: readonly unknown[] = stored === undefined ? [...values] : Object.keys(stored)
  const entryOf = (item: unknown): unknown => (stored === undefined ? item : stored[String(item)])
  if (list.length > 0 && !isEntry(entryOf(list[0]))) return undefined
  return read()

  function* read(): Generator<T> {
    for (const item of list) {
      const entry = entryOf(item)
      // The series was removed meanwhile.
      if (entry === undefined) continue
      if (!isEntry(entry)) {
        throw codedError(
          'PRISMA_PROMETHEUS_INVALID_METRIC',
          `prisma-prometheus: metric "${metric.name}": expected its stored series to be of one form, got ${show(entry)}`,
        )
      }
      yield entry
    }
  }
}

function isValueEntry(entry: unknown): entry is ValueEntry {
  return isObject(entry) && 'labels' in entry && isObject(entry.labels) && 'value' in entry
}

function isSummaryEntry(entry: unknown): entry is SummaryEntry {
  return (
    isObject(entry) &&
    'labels' in entry &&
    isObject(entry.labels) &&
    'sum' in entry &&
    typeof entry.sum === 'number' &&
    'count' in entry &&
    typeof entry.count === 'number'
  )
}

function isHistogramEntry(entry: unknown): entry is HistogramEntry {
  return isSummaryEntry(entry) && 'bucketValues' in entry && isObject(entry.bucketValues)
}
