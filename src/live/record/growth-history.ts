/** The growth of a set of counters within a window. */
export interface Growth {
  readonly values: readonly number[]
  /** The length of the window: shorter than the one asked for until that much is recorded. */
  readonly seconds: number
}

interface RecordedSeries {
  /** The counters at the latest reading. */
  readonly last: Float64Array
  readonly ring: Float32Array
}

/**
 * The growth of counters, in a ring of time slots. Every reading adds to the newest slot, so a slot
 * ends at a reading and has an exact length.
 */
export class GrowthHistory {
  readonly #intervalSeconds: number
  readonly #capacity: number
  readonly #maxBytes: number
  readonly #ends: Float64Array
  readonly #seconds: Float64Array
  readonly #series = new Map<string, RecordedSeries>()
  #slot = -1
  #readings = 0
  #at = 0
  /** Of the rings, without the overhead of the map. */
  bytes = 0
  /** Changes with every slot that ends. */
  slots = 0

  /** @param maxBytes counters beyond this size are not recorded */
  constructor(intervalSeconds: number, capacity: number, maxBytes: number) {
    this.#intervalSeconds = intervalSeconds
    this.#capacity = capacity
    this.#maxBytes = maxBytes
    this.#ends = new Float64Array(capacity)
    this.#seconds = new Float64Array(capacity)
  }

  /** Starts a reading at `at` (in seconds, of a monotonic clock). {@link add} adds to it. */
  begin(at: number): void {
    this.#readings += 1
    if (this.#readings > 1) {
      const isFull = (this.#seconds[this.#slot] ?? 0) >= this.#intervalSeconds * 0.95
      if (this.#slot === -1 || isFull) this.#next()
      this.#seconds[this.#slot] = (this.#seconds[this.#slot] ?? 0) + (at - this.#at)
      this.#ends[this.#slot] = at
    }
    this.#at = at
  }

  #next(): void {
    this.#slot = (this.#slot + 1) % this.#capacity
    this.slots += 1
    this.#seconds[this.#slot] = 0
    for (const { last, ring } of this.#series.values()) {
      const start = this.#slot * last.length
      ring.fill(0, start, start + last.length)
    }
  }

  /** Adds the growth of counters since the reading before. A counter that has shrunk was reset. */
  add(key: string, values: readonly number[]): void {
    let series = this.#series.get(key)
    if (series === undefined) {
      if (values.every((value) => value === 0)) return
      series = this.#create(key, values.length)
      if (series === undefined) return
      // Growth before the first reading is not part of any slot.
      if (this.#readings <= 1) series.last.set(values)
    }
    const { last, ring } = series
    const start = this.#slot * last.length
    for (const [index, value] of values.entries()) {
      const before = last[index] ?? 0
      if (value === before) continue
      last[index] = value
      if (this.#slot === -1) continue
      const grown = value > before ? value - before : value
      ring[start + index] = (ring[start + index] ?? 0) + grown
    }
  }

  /** Records the current values of gauges, for the newest slot. */
  set(key: string, values: readonly number[]): void {
    if (this.#slot === -1) return
    const series = this.#series.get(key) ?? this.#create(key, values.length)
    series?.ring.set(values, this.#slot * values.length)
  }

  #create(key: string, width: number): RecordedSeries | undefined {
    const bytes = width * (this.#capacity * 4 + 8)
    if (this.bytes + bytes > this.#maxBytes) return undefined
    this.bytes += bytes
    const series = {
      last: new Float64Array(width),
      ring: new Float32Array(width * this.#capacity),
    }
    this.#series.set(key, series)
    return series
  }

  /** The keys that start with `prefix`. */
  *keys(prefix: string): Generator<string> {
    for (const key of this.#series.keys()) if (key.startsWith(prefix)) yield key
  }

  /** The counters at the latest reading. */
  total(key: string): readonly number[] {
    return [...(this.#series.get(key)?.last ?? [])]
  }

  /** The growth within the last `seconds`, or a shorter window of whole slots. */
  growth(key: string, seconds: number, agoSeconds = 0): Growth {
    const series = this.#series.get(key)
    const values = new Array<number>(series?.last.length ?? 0).fill(0)
    let covered = 0
    for (const slot of this.#newestFirst(agoSeconds)) {
      const length = this.#seconds[slot] ?? 0
      if (covered + length > seconds * 1.05) break
      covered += length
      if (series === undefined) continue
      const start = slot * values.length
      for (const index of values.keys()) {
        values[index] = (values[index] ?? 0) + (series.ring[start + index] ?? 0)
      }
    }
    return { values, seconds: covered }
  }

  /** How much of the last `seconds` is recorded. */
  coverage(seconds: number): number {
    return this.growth('', seconds).seconds
  }

  /** The slots, the oldest first. */
  points(key: string): { readonly end: number; readonly seconds: number; values: number[] }[] {
    const series = this.#series.get(key)
    const slots = [...this.#newestFirst(0)].toReversed()
    return slots.map((slot) => {
      const width = series?.last.length ?? 0
      const start = slot * width
      return {
        end: this.#ends[slot] ?? 0,
        seconds: this.#seconds[slot] ?? 0,
        values: series === undefined ? [] : [...series.ring.subarray(start, start + width)],
      }
    })
  }

  *#newestFirst(agoSeconds: number): Generator<number> {
    for (let age = 0; age < Math.min(this.slots, this.#capacity); age += 1) {
      const slot = (this.#slot - age + this.#capacity) % this.#capacity
      if (this.#at - (this.#ends[slot] ?? 0) >= agoSeconds) yield slot
    }
  }
}
