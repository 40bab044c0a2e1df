/** An end that can be drawn nearer, and not be put off. */
export class Deadline {
  readonly #passed = new AbortController()
  #end = Number.POSITIVE_INFINITY
  #seconds = 0
  #timer: NodeJS.Timeout | undefined

  constructor(seconds: number) {
    this.within(seconds)
  }

  /** How long who is in the greatest hurry waits. */
  get seconds(): number {
    return this.#seconds
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#passed.signal
  }

  /** Ends it so many seconds from now at the latest; returns whether that is sooner than it was. */
  within(seconds: number): boolean {
    const end = performance.now() + seconds * 1000
    if (end >= this.#end) return false
    this.#end = end
    this.#seconds = seconds
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#passed.abort(null), seconds * 1000)
    return true
  }

  /** To be called when nobody waits any more. */
  clear(): void {
    clearTimeout(this.#timer)
  }
}
