/** The buckets of a Prometheus native histogram. */
export interface NativeValues {
  /** Each bucket is `2 ** (2 ** -schema)` times as wide as the one below. */
  readonly schema: number
  /** Observations of at most {@link zeroThreshold}. */
  readonly zeroCount: number
  /** The index of the first of `counts`. The upper bound of bucket `i` is `2 ** (i * 2 ** -schema)`. */
  readonly offset: number
  /** Observations per bucket, not cumulative, empty buckets included. */
  readonly counts: readonly number[]
}

/** Observations up to this one are in the zero bucket: the default of client_golang. */
export const zeroThreshold: number = 2 ** -128

/** The schema of new histograms: a bucket is 4.4 % wide. */
const initialSchema = 4
const lowestSchema = -4

/** Buckets with observations in one histogram. A histogram with more halves its resolution. */
const maxBuckets = 160

/** The bounds between 0.5 and 1 at {@link initialSchema}, digit for digit those of Prometheus. */
const bounds = [
  0.5, 0.5221368912137069, 0.5452538663326288, 0.5693943173783458, 0.5946035575013605,
  0.620928906036742, 0.6484197773255048, 0.6771277734684463, 0.7071067811865475, 0.7384130729697496,
  0.7711054127039704, 0.805245165974627, 0.8408964152537144, 0.8781260801866495, 0.9170040432046711,
  0.9576032806985735,
]

const bits = new DataView(new ArrayBuffer(8))

/** The bucket of a normal number above 0 at {@link initialSchema}. */
function indexOf(value: number): number {
  bits.setFloat64(0, value)
  const high = bits.getUint32(0)
  // A fraction from 0.5 to 1, as frexp() in C returns it. A logarithm would be inexact at the bounds.
  bits.setUint32(0, (high & 0xf_ffff) | 0x3fe0_0000)
  const fraction = bits.getFloat64(0)
  let index = 0
  for (let step = bounds.length >> 1; step > 0; step >>= 1) {
    if ((bounds[index + step - 1] as number) < fraction) index += step
  }
  if ((bounds[index] as number) < fraction) index += 1
  return index + ((high >>> 20) - 1023) * bounds.length
}

/** The index, at a schema that is lower by `steps`, of the bucket that contains a bucket. */
function coarserIndex(index: number, steps: number): number {
  // Bounds are upper bounds, so this rounds up, below 0 too.
  return (index + (1 << steps) - 1) >> steps
}

/** The same observations at a lower schema, or at the same one. */
export function coarser(values: NativeValues, schema: number): NativeValues {
  const steps = values.schema - schema
  if (steps === 0) return values
  const offset = coarserIndex(values.offset, steps)
  const counts: number[] = []
  for (const [index, count] of values.counts.entries()) {
    const at = coarserIndex(values.offset + index, steps) - offset
    counts[at] = (counts[at] ?? 0) + count
  }
  return { schema, zeroCount: values.zeroCount, offset, counts }
}

/** The sum of two histograms, at the lower of their schemas. */
export function addNative(one: NativeValues, other: NativeValues): NativeValues {
  const schema = Math.min(one.schema, other.schema)
  const parts = [one, other].map((values) => coarser(values, schema))
  const filled = parts.filter(({ counts }) => counts.length > 0)
  const offset = filled.length === 0 ? 0 : Math.min(...filled.map((part) => part.offset))
  const end = Math.max(offset, ...filled.map((part) => part.offset + part.counts.length))
  const counts = new Array<number>(end - offset).fill(0)
  for (const part of filled) {
    for (const [index, count] of part.counts.entries()) {
      const at = part.offset - offset + index
      counts[at] = (counts[at] as number) + count
    }
  }
  return withinBudget({ schema, zeroCount: one.zeroCount + other.zeroCount, offset, counts })
}

/** At the highest schema with at most {@link maxBuckets} buckets that have observations. */
function withinBudget(values: NativeValues): NativeValues {
  let within = values
  while (populated(within) > maxBuckets && within.schema > lowestSchema) {
    within = coarser(within, within.schema - 1)
  }
  return within
}

function populated({ counts }: NativeValues): number {
  let buckets = 0
  for (const count of counts) if (count > 0) buckets += 1
  return buckets
}

/** The upper bound of a bucket. */
export function nativeBound(schema: number, index: number): number {
  if (schema <= 0) return 2 ** (index * 2 ** -schema)
  const steps = initialSchema - schema
  const finest = index << steps
  const fraction = bounds[finest & (bounds.length - 1)] as number
  // Two factors: the highest bound is 2 ** 1024, which is Infinity only in the product.
  return fraction * 2 * 2 ** (finest >> initialSchema)
}

/**
 * Counts per classic bucket, the last one `+Inf`. A native bucket counts as one observation value
 * in its middle, so an observation may count on the other side of a bound in the same bucket.
 */
export function classicCounts(
  { schema, zeroCount, offset, counts }: NativeValues,
  upperBounds: readonly number[],
): number[] {
  const classic = new Array<number>(upperBounds.length + 1).fill(0)
  const add = (value: number, count: number): void => {
    const found = upperBounds.findIndex((bound) => value <= bound)
    const bucket = found < 0 ? upperBounds.length : found
    classic[bucket] = (classic[bucket] as number) + count
  }
  if (zeroCount > 0) add(0, zeroCount)
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue
    const upper = nativeBound(schema, offset + index)
    const lower = nativeBound(schema, offset + index - 1)
    // A whole number of rows is often a bound itself.
    const whole = Math.floor(upper)
    add(whole > lower ? whole : Math.sqrt(lower * upper), count)
  }
  return classic
}

/** A copy that does not change. */
export function copyOf({ schema, zeroCount, offset, counts }: NativeValues): NativeValues {
  return { schema, zeroCount, offset, counts: [...counts] }
}

/** The observations since an earlier state of the same histogram; undefined if it was reset since. */
export function growthOf(now: NativeValues, earlier: NativeValues): NativeValues | undefined {
  if (earlier.schema < now.schema) return undefined
  const before = coarser(earlier, now.schema)
  const first = before.offset - now.offset
  if (before.counts.length > 0 && (first < 0 || first + before.counts.length > now.counts.length)) {
    return undefined
  }
  const counts = now.counts.map((count, at) => count - (before.counts[at - first] ?? 0))
  const zeroCount = now.zeroCount - before.zeroCount
  if (zeroCount < 0 || counts.some((count) => count < 0)) return undefined
  return { schema: now.schema, zeroCount, offset: now.offset, counts }
}

/** Records the observations of one series. */
export class NativeBuckets implements NativeValues {
  schema: number = initialSchema
  zeroCount = 0
  offset = 0
  counts: number[] = []
  #populated = 0

  /** Adds a finite observation. Durations and counts are never negative. */
  observe(value: number): void {
    if (value <= zeroThreshold) {
      this.zeroCount += 1
      return
    }
    const index = coarserIndex(indexOf(value), initialSchema - this.schema)
    const { counts } = this
    const at = index - this.offset
    const count = counts[at]
    if (count === undefined) return this.#grow(index)
    counts[at] = count + 1
    if (count === 0) this.#filled()
  }

  /** Adds an observation outside the recorded range. */
  #grow(index: number): void {
    if (this.counts.length === 0) this.offset = index
    const missing = this.offset - index
    if (missing > 0) {
      this.counts = [1, ...new Array<number>(missing - 1).fill(0), ...this.counts]
      this.offset = index
    } else {
      while (this.counts.length < -missing) this.counts.push(0)
      this.counts.push(1)
    }
    this.#filled()
  }

  #filled(): void {
    this.#populated += 1
    if (this.#populated <= maxBuckets) return
    this.restore(withinBudget(this))
  }

  /** Replaces the observations by a copy of others. */
  restore({ schema, zeroCount, offset, counts }: NativeValues): void {
    this.schema = schema
    this.zeroCount = zeroCount
    this.offset = offset
    this.counts = [...counts]
    this.#populated = populated(this)
  }

  reset(): void {
    this.restore({ schema: initialSchema, zeroCount: 0, offset: 0, counts: [] })
  }
}
