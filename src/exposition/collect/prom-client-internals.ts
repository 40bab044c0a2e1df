import { isObject } from '../../support/validate.ts'
import type { ForeignMetric } from './metric.ts'

/**
 * The private storage of a metric in `prom-client` (`hashMap`) and `@prometheus-io/client` (`store`).
 * No other file reads it, and these functions return undefined if it has changed. The public `get()`
 * copies all samples of a metric at once (15 ms for 40,000), which blocks the event loop; the storage
 * is read in time slices.
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
export function summaryEntries(metric: ForeignMetric): readonly SummaryEntry[] | undefined {
  if (metric.type !== 'summary') return undefined
  const entries = entriesOf(metric)
  return entries?.every(isSummaryEntry) === true ? entries : undefined
}

/** The series of a counter or a gauge. */
export function valueEntries(metric: ForeignMetric): readonly ValueEntry[] | undefined {
  if (metric.type !== 'counter' && metric.type !== 'gauge') return undefined
  const entries = entriesOf(metric)
  return entries?.every(isValueEntry) === true ? entries : undefined
}

/** The series of a histogram. */
export function histogramEntries(
  metric: ForeignMetric,
): { upperBounds: readonly number[]; entries: readonly HistogramEntry[] } | undefined {
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
