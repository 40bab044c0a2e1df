import { expectThat } from '../support/validate.ts'
import { histogramSamples } from './histograms/histogram-samples.ts'
import { NativeBuckets } from './histograms/native-buckets.ts'
import { Family, type FamilyDeclaration, type Series } from './metric-family.ts'
import type { Exemplar, Labels, Sample } from './samples.ts'

/**
 * `'classic'`: one series per bucket. `'native'`: exponential buckets in one series, which only
 * protobuf can express; the text formats have `_sum`, `_count` and the bucket `+Inf`. `'both'`: classic
 * buckets in every format, and native ones in protobuf.
 */
export type HistogramForm = 'classic' | 'native' | 'both'

/** @throws {TypeError} for a value other than a {@link HistogramForm}. */
export function expectHistogramForm(form: unknown): void {
  const isForm = form === 'classic' || form === 'native' || form === 'both'
  expectThat('histograms', isForm, "'classic', 'native' or 'both'", form)
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
  /**
   * The observations by outcome, which are also in this histogram: `''` for successes, otherwise an error
   * code. Undefined before the first failure.
   */
  outcomes: Map<string, Histogram> | undefined
  /** The same observations in native buckets, if the form has them. */
  readonly native: NativeBuckets | undefined

  constructor(labelValues: readonly string[], bounds: readonly number[], native = false) {
    this.labelValues = labelValues
    this.bounds = bounds
    this.native = native ? new NativeBuckets() : undefined
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  /**
   * Adds one observation, with a new exemplar of its bucket if there is one, and returns the index of its
   * classic bucket. Ignores a value that is not finite, which would invalidate the sum for ever, and
   * returns -1.
   */
  observe(value: number, exemplar?: Exemplar): number {
    if (!Number.isFinite(value)) return -1
    const { bounds, counts } = this
    let bucket = 0
    // A bound belongs to its bucket: `le` is "less than or equal".
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    counts[bucket] = (counts[bucket] as number) + 1
    this.sum += value
    this.native?.observe(value)
    if (exemplar !== undefined) (this.exemplars ??= [])[bucket] = exemplar
    return bucket
  }

  /** Adds one observation of an outcome: `''` for a success, otherwise an error code. */
  observeOutcome(outcome: string, value: number, exemplar?: Exemplar): void {
    if (outcome !== '') this.outcomes ??= new Map([['', this.#copy()]])
    if (this.outcomes !== undefined) {
      let part = this.outcomes.get(outcome)
      if (part === undefined) {
        part = new Histogram(this.labelValues, this.bounds, this.native !== undefined)
        this.outcomes.set(outcome, part)
      }
      part.observe(value, exemplar)
    }
    this.observe(value, exemplar)
  }

  #copy(): Histogram {
    const { startedAt, sum, exemplars } = this
    const copy = new Histogram(this.labelValues, this.bounds, this.native !== undefined)
    if (this.native !== undefined) copy.native?.restore(this.native)
    this.counts.forEach((count, bucket) => (copy.counts[bucket] = count))
    return Object.assign(copy, { startedAt, sum, exemplars: exemplars && [...exemplars] })
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
    this.outcomes = undefined
    this.native?.reset()
    this.startedAt = Date.now()
  }
}

export class HistogramFamily extends Family<Histogram> {
  declare readonly bounds: readonly number[]

  /** @param bounds of the classic buckets; the native form has only `+Inf` */
  constructor(
    declaration: FamilyDeclaration,
    bounds: readonly number[],
    form: HistogramForm = 'classic',
  ) {
    super(declaration, form === 'native' ? [] : bounds, form !== 'classic')
  }

  protected override create(labelValues: readonly string[]): Histogram {
    return new Histogram(labelValues, this.bounds, this.isNative)
  }

  protected override samples(series: Histogram, labels: Labels): Sample[] {
    return histogramSamples(this.declaredName, labels, series)
  }
}
