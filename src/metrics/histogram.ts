import { histogramSamples } from './histogram-samples.ts'
import { Family, type FamilyDeclaration, type Series } from './metric-family.ts'
import type { Exemplar, Labels, Sample } from './samples.ts'

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

  /** Adds one observation and returns the index of its bucket. */
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

  protected override samples(series: Histogram, labels: Labels): Sample[] {
    return histogramSamples(this.declaredName, labels, series)
  }
}
