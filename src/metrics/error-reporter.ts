import type { Counter } from './counter.ts'

/**
 * Where a failure inside the instrumentation goes instead of into a query: it is counted and handed
 * to `onError`, whose own failure goes nowhere.
 */
export class ErrorReporter {
  readonly #counter: Counter
  readonly #onError: (error: unknown) => void

  constructor(counter: Counter, onError: (error: unknown) => void) {
    this.#counter = counter
    this.#onError = onError
  }

  report(error: unknown): void {
    this.#counter.inc()
    this.tell(error)
  }

  /** Hands on a failure that is counted elsewhere. */
  tell(error: unknown): void {
    // Where the user's reporter fails, the query must not.
    this.callBack(
      () => this.#onError(error),
      () => {},
    )
  }

  /** Calls a function of the user's, and takes in what it throws or rejects with. */
  callBack(fn: () => unknown, failed: (error: unknown) => void): void {
    try {
      const returned = fn()
      if (isThenable(returned)) returned.then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
}
