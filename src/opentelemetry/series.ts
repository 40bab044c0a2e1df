import type { NativeValues } from '../metrics/histograms/native-buckets.ts'
import type { Exemplar } from '../metrics/samples.ts'
import type { SeriesAttributes } from '../metrics/series-attributes.ts'

/** A series as it was at one moment, whichever library keeps it. */
export interface SeriesSnapshot {
  /** Identifies the series from one snapshot to the next. */
  readonly key: unknown
  readonly labels: Readonly<Record<string, string>>
  /** When it began to record, in milliseconds since 1970; undefined if the library does not keep it. */
  readonly created: number | undefined
  /** What the series belongs to. */
  readonly attributes?: SeriesAttributes | undefined
}

export interface NumberSeries extends SeriesSnapshot {
  readonly value: number
}

export interface HistogramSeries extends SeriesSnapshot {
  /** Upper bounds, ascending, without `+Inf`. */
  readonly bounds: readonly number[]
  /** Observations per bucket, not cumulative: one more than there are bounds. */
  readonly counts: readonly number[]
  readonly sum: number
  /** The buckets of the native form, which has no bounds. */
  readonly native?: NativeValues
  /** By bucket. */
  readonly exemplars: readonly (Exemplar | null | undefined)[] | undefined
  /** The observations of each error code and of successes, once there has been an error. */
  readonly outcomes?: readonly HistogramSeries[] | undefined
}
