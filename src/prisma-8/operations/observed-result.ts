import type { OperationCall } from '../../database/operations/operation.ts'
import { isThenable } from '../../metrics/error-reporter.ts'
import { secondsSince } from '../../support/elapsed.ts'
import type { ObservedOperations, RunningOperation } from './observed-operations.ts'

/** The rows of a lazy result. */
interface RowIterator {
  next(): Promise<IteratorResult<unknown>>
  readonly return?: (value?: unknown) => Promise<IteratorResult<unknown>>
  readonly throw?: (error?: unknown) => Promise<IteratorResult<unknown>>
}

/** Prisma 8's `AsyncIterableResult`: it runs when it is consumed, as an array or row by row, once. */
interface LazyResult {
  readonly toArray: () => Promise<unknown[]>
  readonly [Symbol.asyncIterator]: () => RowIterator
}

export function isLazyResult(value: unknown): value is LazyResult {
  const { toArray, [Symbol.asyncIterator]: iterate } = (value ?? {}) as Partial<LazyResult>
  return typeof toArray === 'function' && typeof iterate === 'function'
}

/**
 * Observes the operation behind a result: a promise, or a lazy result, which stays lazy and is the same
 * object. Other results belong to no operation.
 *
 * @param started when the method was called, a reading of `performance.now()`.
 */
export function observeResult(
  result: unknown,
  call: () => OperationCall,
  started: number,
  operations: ObservedOperations,
): unknown {
  if (isLazyResult(result)) return observeLazily(result, call, operations)
  if (!isThenable(result)) return result
  const running = operations.begin(call())
  if (running === undefined) return result
  return observePromise(result, running, started, operations)
}

function observePromise<T>(
  promise: PromiseLike<T>,
  running: RunningOperation,
  started: number,
  { inFlight }: ObservedOperations,
): PromiseLike<T> {
  inFlight.inc()
  // The derived promise is returned, so that a rejection that the caller does not handle is reported.
  return promise.then(
    (result) => {
      inFlight.dec()
      running.succeeded(secondsSince(started), result)
      return result
    },
    (error: unknown) => {
      inFlight.dec()
      running.failed(secondsSince(started), error)
      throw error
    },
  )
}

function observeLazily(
  result: LazyResult,
  call: () => OperationCall,
  operations: ObservedOperations,
): LazyResult {
  const { toArray, [Symbol.asyncIterator]: iterate } = result
  let consumed = false
  let array: PromiseLike<unknown[]> | undefined
  Object.defineProperties(result, {
    toArray: {
      value(): PromiseLike<unknown[]> {
        if (array !== undefined) return array
        const started = performance.now()
        const running = consumed ? undefined : operations.begin(call())
        consumed = true
        const promise = toArray.call(result)
        array =
          running === undefined ? promise : observePromise(promise, running, started, operations)
        return array
      },
      configurable: true,
    },
    [Symbol.asyncIterator]: {
      value(): RowIterator {
        const iterator = iterate.call(result)
        const first = !consumed
        consumed = true
        return first ? new ObservedIterator(iterator, call(), operations) : iterator
      },
      configurable: true,
    },
  })
  return result
}

/**
 * Observes an operation whose rows are consumed one by one. Its time is the time that the consumer waits
 * for rows; it ends with the last row, with an error, or when the consumer stops.
 */
class ObservedIterator implements AsyncIterableIterator<unknown> {
  readonly #iterator: RowIterator
  readonly #call: OperationCall
  readonly #operations: ObservedOperations
  #running: RunningOperation | undefined
  #begun = false
  #seconds = 0
  /** Kept for the events of a write. */
  readonly #rows: unknown[] | undefined

  constructor(iterator: RowIterator, call: OperationCall, operations: ObservedOperations) {
    this.#iterator = iterator
    this.#call = call
    this.#operations = operations
    this.#rows = call.operation === 'all' || call.operation === 'select' ? undefined : []
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  next(): Promise<IteratorResult<unknown>> {
    if (!this.#begun) this.#running = this.#operations.begin(this.#call)
    this.#begun = true
    return this.#watched(this.#iterator.next(), (result) => {
      if (result.done === true) this.#succeeded()
      else this.#rows?.push(result.value)
    })
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    const { return: end } = this.#iterator
    if (end === undefined) return Promise.resolve({ done: true, value })
    return this.#watched(end.call(this.#iterator, value), () => this.#succeeded())
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
    const { throw: fail } = this.#iterator
    if (fail === undefined) return Promise.reject(error)
    return this.#watched(fail.call(this.#iterator, error), () => this.#succeeded())
  }

  #watched(
    promise: Promise<IteratorResult<unknown>>,
    settled: (result: IteratorResult<unknown>) => void,
  ): Promise<IteratorResult<unknown>> {
    if (this.#running === undefined) return promise
    const { inFlight } = this.#operations
    const started = performance.now()
    inFlight.inc()
    const waited = (): void => {
      inFlight.dec()
      this.#seconds += secondsSince(started)
      this.#running?.resumed()
    }
    return promise.then(
      (result) => {
        waited()
        settled(result)
        return result
      },
      (error: unknown) => {
        waited()
        this.#running?.failed(this.#seconds, error)
        this.#running = undefined
        throw error
      },
    )
  }

  #succeeded(): void {
    this.#running?.succeeded(this.#seconds, this.#rows)
    this.#running = undefined
  }
}
