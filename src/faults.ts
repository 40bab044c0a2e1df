import type { Counter } from './series/counter.ts'

/**
 * Where a failure inside the instrumentation goes instead of into a query: it is counted and handed
 * to `onError`, whose own failure goes nowhere.
 */
export class Faults {
  readonly #counter: Counter
  readonly #onError: (error: unknown) => void

  constructor(counter: Counter, onError: (error: unknown) => void) {
    this.#counter = counter
    this.#onError = onError
  }

  report(error: unknown): void {
    this.#counter.inc()
    try {
      this.#onError(error)
    } catch {
      // The user's reporter failed; the query must not.
    }
  }
}
