import type { HistogramValues } from '../../metrics/histograms/histogram-samples.ts'
import { type Exemplar, textLabels } from '../../metrics/samples.ts'
import { codedError } from '../../support/coded-error.ts'
import { exemplarOf } from './foreign-sample.ts'
import type { ForeignMetric } from './metric.ts'
import { type HistogramEntry, histogramEntries } from './prom-client-internals.ts'
import { hasMissingText, UniqueSeries } from './unique-samples.ts'

/** A histogram of prom-client, read series by series from its private storage. */
export interface RecordedHistogram {
  /** Upper bounds, without `+Inf`. */
  readonly bounds: readonly number[]
  readonly series: Iterable<RecordedSeries>
  /** The reason why bounds or series are omitted; complete when all series have been read. */
  readonly problem: () => Error | undefined
}

/** One series. It is valid until the next one is read. */
export interface RecordedSeries extends HistogramValues {
  readonly labels: Readonly<Record<string, string>>
}

/** The histogram, or undefined for a metric of another type or of unknown storage. */
export function recordedHistogram(
  name: string,
  metric: ForeignMetric,
): RecordedHistogram | undefined {
  const recorded = histogramEntries(metric)
  if (recorded === undefined) return undefined
  const { upperBounds, entries } = recorded
  const bounds = [...new Set(upperBounds)].filter((bound) => bound !== Number.POSITIVE_INFINITY)
  const problem =
    bounds.length === upperBounds.length
      ? undefined
      : codedError(
          'PRISMA_PROMETHEUS_INVALID_METRIC',
          `prisma-prometheus: metric "${name}": expected buckets that differ and are below +Inf, got ${upperBounds.join(', ')}; each bound is written once`,
        )
  const unique = new UniqueSeries(name)
  const series = seriesOf(bounds, entries, unique)
  return { bounds, series, problem: () => problem ?? unique.problem }
}

function* seriesOf(
  bounds: readonly number[],
  entries: Iterable<HistogramEntry>,
  unique: UniqueSeries,
): Generator<RecordedSeries> {
  const keys = bounds.map(String)
  const counts = new Array<number>(keys.length + 1).fill(0)
  for (const { labels: rawLabels, bucketValues, bucketExemplars, sum, count } of entries) {
    const labels = textLabels(rawLabels)
    if (hasMissingText(labels) && !unique.admits(labels)) continue
    let above = count
    for (const [index, key] of keys.entries()) {
      const inBucket = bucketValues[key] ?? 0
      counts[index] = inBucket
      above -= inBucket
    }
    counts[keys.length] = above
    const exemplars = bucketExemplars && exemplarsOf(keys, bucketExemplars)
    yield { labels, bounds, counts, sum, exemplars }
  }
}

function exemplarsOf(
  keys: readonly string[],
  byBound: Readonly<Record<string, unknown>>,
): (Exemplar | null)[] | undefined {
  const exemplars = keys.map((key) => exemplarOf(byBound[key]))
  exemplars.push(exemplarOf(byBound['-1'] ?? byBound['Infinity']))
  return exemplars.some((exemplar) => exemplar !== null) ? exemplars : undefined
}
