import type { MetricFamily } from '../collect/metric-family.ts'

/** A point in time that can move closer, but not away. */
export class Deadline {
  readonly #passed = new AbortController()
  #end = Number.POSITIVE_INFINITY
  #seconds = 0
  #timer: NodeJS.Timeout | undefined

  constructor(seconds: number) {
    this.within(seconds)
  }

  /** The shortest timeout among all waiters, in seconds. */
  get seconds(): number {
    return this.#seconds
  }

  /** Aborted at the deadline. */
  get signal(): AbortSignal {
    return this.#passed.signal
  }

  /** Moves the deadline to `seconds` from now, and returns true, if that is sooner. */
  within(seconds: number): boolean {
    const end = performance.now() + seconds * 1000
    if (end >= this.#end) return false
    this.#end = end
    this.#seconds = seconds
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#passed.abort(null), seconds * 1000)
    return true
  }

  /** Clears the timer. Call it when the wait is over. */
  clear(): void {
    clearTimeout(this.#timer)
  }
}

/** The families of this process, or of this thread. */
export interface ProcessFamilies {
  /**
   * All families, collected like for a scrape; at the deadline, those that are collected by then.
   * Rejects if the registry as a whole cannot be read.
   */
  collect(deadline: Deadline): Promise<MetricFamily[]>
  /** The families that only need copying. Calls no collector. */
  copy(): Promise<MetricFamily[]>
  /** The part of {@link copy} that needs no waiting. */
  copyNow(): MetricFamily[]
}
