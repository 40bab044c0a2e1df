import {
  Family,
  type FamilyDeclaration,
  type Sample,
  type SampleExemplar,
  type Series,
} from './metric-family.ts'

/** An observation that stands for its bucket, with the labels (a trace id) that lead to it. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Unix time in seconds. */
  readonly timestamp: number
}

export class Histogram implements Series {
  readonly labelValues: readonly string[]
  labelText: string | undefined = undefined
  /** When the series was created or last reset: Unix time in milliseconds. */
  startedAt: number = Date.now()
  readonly bounds: readonly number[]
  /** Observations per bucket, not cumulative; the last one is `+Inf`. */
  readonly counts: number[]
  sum = 0
  /** The newest exemplar of each bucket that has one. */
  exemplars: (Exemplar | undefined)[] | undefined

  constructor(labelValues: readonly string[], bounds: readonly number[]) {
    this.labelValues = labelValues
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  /** Adds one observation and tells the index of its bucket. */
  observe(value: number): number {
    const { bounds, counts } = this
    let bucket = 0
    // A bound belongs to its bucket: `le` is "less than or equal".
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    counts[bucket] = (counts[bucket] as number) + 1
    this.sum += value
    return bucket
  }

  get count(): number {
    let count = 0
    for (const inBucket of this.counts) count += inBucket
    return count
  }

  reset(): void {
    this.counts.fill(0)
    this.sum = 0
    this.exemplars = undefined
    this.startedAt = Date.now()
  }
}

export class HistogramFamily extends Family<Histogram> {
  declare readonly bounds: readonly number[]

  constructor(declaration: FamilyDeclaration, bounds: readonly number[]) {
    super(declaration, bounds)
  }

  protected override create(labelValues: readonly string[]): Histogram {
    return new Histogram(labelValues, this.bounds)
  }

  protected override samples(series: Histogram, labels: Record<string, string>): Sample[] {
    const samples: Sample[] = []
    const bucketName = `${this.name}_bucket`
    let cumulative = 0
    for (const [index, inBucket] of series.counts.entries()) {
      cumulative += inBucket
      const le = this.bounds[index] ?? '+Inf'
      const bucket = { labels: { le, ...labels }, value: cumulative, metricName: bucketName }
      const exemplar = series.exemplars?.[index]
      samples.push(
        exemplar === undefined ? bucket : { ...bucket, exemplar: asInPromClient(exemplar) },
      )
    }
    samples.push({ labels, value: series.sum, metricName: `${this.name}_sum` })
    samples.push({ labels, value: cumulative, metricName: `${this.name}_count` })
    return samples
  }
}

function asInPromClient({ labels, value, timestamp }: Exemplar): SampleExemplar {
  return { labelSet: labels, value, timestamp }
}
