import { codedError } from '../support/coded-error.ts'
import type { MetricFamily } from '../exposition/collect/metric-family.ts'
import type { NativeValues } from '../metrics/histograms/native-buckets.ts'
import type { Labels, Sample, Exemplar } from '../metrics/samples.ts'
import type { HistogramSeries, NumberSeries } from './series.ts'

/** The series of a counter or gauge of another library. */
export function numbersIn({ values }: MetricFamily): NumberSeries[] {
  return values.map((sample) => {
    const labels = labelsOf(sample)
    return { key: keyOf(labels), labels, created: undefined, value: sample.value }
  })
}

/**
 * The series of a histogram of another library, whose samples hold cumulative counts.
 *
 * @param failed called with the error of a series whose counts contradict each other
 */
export function histogramsIn(
  { name, values }: MetricFamily,
  failed: (error: Error) => void,
): HistogramSeries[] {
  const parts = new Map<string, Parts>()
  for (const sample of values) {
    const { le, ...labels } = labelsOf(sample)
    const key = keyOf(labels)
    let part = parts.get(key)
    if (part === undefined) parts.set(key, (part = new Parts(key, labels)))
    part.add(sample, le)
  }
  const series: HistogramSeries[] = []
  for (const part of parts.values()) {
    const whole = part.whole()
    if (whole !== undefined) series.push(whole)
    else failed(contradiction(name, part.labels))
  }
  return series
}

function contradiction(name: string, labels: Readonly<Record<string, string>>): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_NOT_EXPORTED',
    `prisma-prometheus: metric "${name}": expected bucket counts that never decrease and end at the count, got others; the series ${JSON.stringify(labels)} is left out`,
  )
}

/** One series' samples, as they come. */
class Parts {
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  readonly #buckets: {
    bound: number
    cumulative: number
    exemplar: Exemplar | null | undefined
  }[] = []
  #infinite: number | undefined
  #overflow: Exemplar | null | undefined
  #sum = Number.NaN
  #count: number | undefined
  #native: NativeValues | undefined

  constructor(key: string, labels: Readonly<Record<string, string>>) {
    this.key = key
    this.labels = labels
  }

  add({ metricName = '', value, exemplar, native }: Sample, le: string | undefined): void {
    if (le === undefined) {
      if (metricName.endsWith('_sum')) this.#sum = value
      else if (metricName.endsWith('_count')) {
        this.#count = value
        this.#native = native
      }
    } else if (le === '+Inf' || le === 'Infinity') {
      this.#infinite = value
      this.#overflow = exemplar
    } else {
      const bound = Number(le)
      this.#buckets.push({ bound, cumulative: value, exemplar })
    }
  }

  /** Undefined if the counts contradict each other. */
  whole(): HistogramSeries | undefined {
    const buckets = this.#buckets.toSorted((a, b) => a.bound - b.bound)
    // Without either, the last bound holds everything.
    const count = this.#count ?? this.#infinite ?? buckets.at(-1)?.cumulative ?? 0
    const cumulative = [...buckets.map((bucket) => bucket.cumulative), count]
    const counts = cumulative.map((value, index) => value - (cumulative[index - 1] ?? 0))
    if ((this.#infinite ?? count) !== count || !counts.every((each) => each >= 0)) return undefined
    const exemplars = [...buckets.map(({ exemplar }) => exemplar), this.#overflow]
    return {
      key: this.key,
      labels: this.labels,
      created: undefined,
      bounds: buckets.map(({ bound }) => bound),
      counts,
      sum: this.#sum,
      exemplars: exemplars.some((exemplar) => exemplar != null) ? exemplars : undefined,
      ...(this.#native !== undefined && buckets.length === 0 && { native: this.#native }),
    }
  }
}

function labelsOf({ labels, sharedLabels }: Sample): Record<string, string> {
  return textsOf({ ...sharedLabels, ...labels })
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The labels, with the number of a bound as text. */
export function textsOf(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}
