/** Choices that a seed decides: the same seed makes the same program. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A stream of its own, so that what runs beside another does not depend on who comes first. */
  fork(): Random {
    return new Random(this.#next() * 2 ** 32)
  }

  /** A whole number from 0 up to, and not including, `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end)
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** From `least` to `most` results of `make`. */
  several<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make)
  }

  weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
    let at = this.#next() * list.reduce((sum, { weight }) => sum + weight, 0)
    return list.find(({ weight }) => (at -= weight) < 0) ?? (list.at(-1) as T)
  }

  // mulberry32: small, and good enough to spread choices.
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
