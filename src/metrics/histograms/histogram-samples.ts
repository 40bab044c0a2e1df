import { copyOf, type NativeValues } from './native-buckets.ts'
import type { Exemplar, Labels, Sample } from '../samples.ts'

/** The recorded values of one series of a histogram. */
export interface HistogramValues {
  /** Upper bounds, without `+Inf`. */
  readonly bounds: readonly number[]
  /** Observations per bucket, not cumulative; the last one is `+Inf`. */
  readonly counts: readonly number[]
  readonly sum: number
  /** The exemplars of the buckets; undefined if no bucket has one. */
  readonly exemplars: readonly (Exemplar | null | undefined)[] | undefined
  readonly native?: NativeValues | undefined
  /** When the series was created or last reset: Unix time in milliseconds; undefined if unknown. */
  readonly startedAt?: number
}

/** The samples of one series: cumulative buckets, `_sum` and `_count`. */
export function histogramSamples(
  name: string,
  sharedLabels: Labels,
  { bounds, counts, sum, exemplars, native, startedAt }: HistogramValues,
): Sample[] {
  const samples: Sample[] = []
  const metricName = `${name}_bucket`
  let count = 0
  for (let bucket = 0; bucket <= bounds.length; bucket++) {
    count += counts[bucket] ?? 0
    const labels = { le: bounds[bucket] ?? '+Inf' }
    const exemplar = exemplars?.[bucket] ?? null
    samples.push({ labels, sharedLabels, value: count, metricName, exemplar })
  }
  samples.push({ labels: {}, sharedLabels, value: sum, metricName: `${name}_sum` })
  samples.push({
    labels: {},
    sharedLabels,
    value: count,
    metricName: `${name}_count`,
    ...(startedAt !== undefined && { startedAt }),
    ...(native !== undefined && { native: copyOf(native) }),
  })
  return samples
}
