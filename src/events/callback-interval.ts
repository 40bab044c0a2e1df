/** Leaves out calls of a callback that follow the last one too soon. */
export class CallbackInterval {
  readonly #milliseconds: number
  #calledAt = Number.NEGATIVE_INFINITY
  #suppressed = 0

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000
  }

  /** Returns the number of calls left out since the last one; undefined if this one is left out. */
  pass(): number | undefined {
    const now = performance.now()
    if (now - this.#calledAt < this.#milliseconds) {
      this.#suppressed += 1
      return undefined
    }
    const suppressed = this.#suppressed
    this.#calledAt = now
    this.#suppressed = 0
    return suppressed
  }
}
