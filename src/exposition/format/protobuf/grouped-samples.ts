import type { HistogramValues } from '../../../metrics/histograms/histogram-samples.ts'
import type { Exemplar, Labels, Sample } from '../../../metrics/samples.ts'
import { codedError } from '../../../support/coded-error.ts'
import { keyOfLabels, type SampleStream } from '../../collect/metric-family.ts'
import type { SummaryValues } from './metric-messages.ts'

type GroupedSeries = { readonly labels: Labels } & (HistogramValues | SummaryValues)

export function isHistogramSeries(
  series: HistogramValues | SummaryValues,
): series is HistogramValues {
  return 'bounds' in series
}

/** Samples read between two pauses. */
const samplesOfPiece = 20

/**
 * Returns the series of a histogram or summary that is known only by its samples, with pauses
 * (undefined) for callers that yield to the event loop.
 *
 * @param omitted called with the error of a series whose numbers are not those of its type
 */
export function* groupedSeries(
  { name, values }: SampleStream,
  type: 'histogram' | 'summary',
  omitted: (error: Error) => void,
): Generator<GroupedSeries | undefined> {
  const boundLabel = type === 'histogram' ? 'le' : 'quantile'
  const groups = new Map<string, Group>()
  let latest: Group | undefined
  let read = 0
  for (const sample of values) {
    // The samples of one series mostly follow each other and share their labels.
    if (latest === undefined || sample.sharedLabels === undefined || !latest.shares(sample)) {
      const { [boundLabel]: _, ...labels } = { ...sample.labels, ...sample.sharedLabels }
      const key = keyOfLabels(labels)
      latest = groups.get(key)
      if (latest === undefined) groups.set(key, (latest = new Group(labels, sample.sharedLabels)))
    }
    latest.add(name, sample, boundLabel)
    read += 1
    if (read % samplesOfPiece === 0) yield undefined
  }
  for (const group of groups.values()) {
    const whole = type === 'histogram' ? group.histogram() : group.summary()
    if (whole === undefined) omitted(notOfType(name, type, group.labels))
    yield whole
  }
}

function notOfType(name: string, type: string, labels: Labels): Error {
  return codedError(
    'PRISMA_PROMETHEUS_INVALID_METRIC',
    `prisma-prometheus: metric "${name}": expected a ${type} with a sum, a count and counts that are whole numbers and never decrease, got others; the series ${JSON.stringify(labels)} is left out of protobuf`,
  )
}

interface Bucket {
  readonly bound: number
  readonly value: number
  readonly exemplar: Exemplar | null | undefined
}

class Group {
  readonly labels: Labels
  readonly #shared: Labels | undefined
  readonly #buckets: Bucket[] = []
  #sum = 0
  #last: Sample | undefined

  constructor(labels: Labels, shared: Labels | undefined) {
    this.labels = labels
    this.#shared = shared
  }

  /** Whether the sample has the labels of this series, besides its bound. */
  shares({ labels, sharedLabels }: Sample): boolean {
    if (sharedLabels !== this.#shared) return false
    for (const label in labels) if (label !== 'le') return false
    return true
  }

  add(name: string, sample: Sample, boundLabel: string): void {
    const { metricName, value, exemplar } = sample
    if (metricName === `${name}_sum`) {
      this.#sum = value
    } else if (metricName === `${name}_count`) {
      this.#last = sample
    } else {
      const text = sample.labels[boundLabel] ?? sample.sharedLabels?.[boundLabel]
      const bound = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
      this.#buckets.push({ bound, value, exemplar })
    }
  }

  histogram(): (HistogramValues & { readonly labels: Labels }) | undefined {
    const buckets = this.#buckets.toSorted((a, b) => a.bound - b.bound)
    const infinite = buckets.at(-1)?.bound === Number.POSITIVE_INFINITY ? buckets.pop() : undefined
    const count = this.#last?.value ?? infinite?.value ?? Number.NaN
    const cumulative = [...buckets.map(({ value }) => value), count]
    const counts = cumulative.map((value, index) => value - (cumulative[index - 1] ?? 0))
    const isWhole = counts.every(isCount) && buckets.every(({ bound }) => Number.isFinite(bound))
    if (!isWhole || !Number.isSafeInteger(count)) return undefined
    const { startedAt, native } = this.#last ?? {}
    return {
      labels: this.labels,
      bounds: buckets.map(({ bound }) => bound),
      counts,
      sum: this.#sum,
      exemplars: [...buckets, infinite].map((bucket) => bucket?.exemplar),
      ...(native !== undefined && { native }),
      ...(startedAt !== undefined && { startedAt }),
    }
  }

  summary(): (SummaryValues & { readonly labels: Labels }) | undefined {
    const count = this.#last?.value ?? 0
    if (!isCount(count)) return undefined
    const quantiles = this.#buckets.map(({ bound, value }) => [bound, value] as const)
    return { labels: this.labels, quantiles, sum: this.#sum, count }
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
