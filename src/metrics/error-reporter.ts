import type { Counter } from './counter.ts'

/**
 * Receives the failures inside the instrumentation, so that no query sees them: they are counted and
 * passed to `onError`. An error that `onError` itself throws is ignored.
 */
export class ErrorReporter {
  readonly #counter: Counter
  readonly #onError: (error: unknown) => void

  constructor(counter: Counter, onError: (error: unknown) => void) {
    this.#counter = counter
    this.#onError = onError
  }

  /** Counts an error and passes it to `onError`. */
  report(error: unknown): void {
    this.#counter.inc()
    this.notify(error)
  }

  /** Passes an error that is counted elsewhere to `onError`. */
  notify(error: unknown): void {
    this.guard(
      () => this.#onError(error),
      () => {},
    )
  }

  /**
   * Runs code that must not fail its caller: recording beside a query, or a function of the user.
   * Returns its result, or undefined if it throws.
   *
   * @param failed receives the error that `run` throws or rejects with. @default {@link report}
   */
  guard<T>(run: () => T, failed?: (error: unknown) => void): T | undefined {
    try {
      const returned = run()
      if (isThenable(returned)) {
        returned.then(undefined, (error: unknown) => this.#failed(error, failed))
      }
      return returned
    } catch (error) {
      this.#failed(error, failed)
      return undefined
    }
  }

  #failed(error: unknown, failed: ((error: unknown) => void) | undefined): void {
    if (failed === undefined) this.report(error)
    else failed(error)
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
}

/** Keeps the rejection of a promise that nothing awaits from ending the process. */
export function ignoreRejection(value: unknown): void {
  if (isThenable(value)) value.then(undefined, () => {})
}
