import type { SqliteRowIterator } from './sqlite-driver.ts'

/**
 * What a query does: it reads; it writes and returns the rows that it wrote; or it writes and may return
 * none of them.
 */
export type QueryKind = 'read' | 'returning' | 'write'

/** Receives what happens to a query. */
export interface RowsObserver {
  /** Called before the query runs. */
  started(): QueryKind
  /** Called each time SQLite has worked on the query, before anything else can use the connection. */
  ran(): void
  /**
   * @param rows the rows that it returned, or that it wrote.
   * @param busy the milliseconds that SQLite has worked on it.
   */
  succeeded(rows: number, busy: number): void
  failed(error: unknown): void
  /** Reads how many rows the connection has written last. */
  changes(): Promise<number>
}

/**
 * The rows of one query, and how many there are. SQLite works in the event loop, when a row is asked for,
 * and writes all rows of a statement before it returns the first one.
 */
export class ObservedRows implements AsyncIterableIterator<unknown> {
  readonly #iterator: SqliteRowIterator
  readonly #observer: RowsObserver
  /** Undefined before the first row is asked for. */
  #kind: QueryKind | undefined
  #rows = 0
  #busy = 0
  #ended = false

  constructor(iterator: SqliteRowIterator, observer: RowsObserver) {
    this.#iterator = iterator
    this.#observer = observer
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** The promise of the driver itself, so that the consumer continues no later than without us. */
  next(): Promise<IteratorResult<unknown>> {
    const first = this.#kind === undefined
    this.#kind ??= this.#observer.started()
    const started = performance.now()
    const step = this.#iterator.next()
    this.#busy += performance.now() - started
    if (!this.#ended) this.#observer.ran()
    const changes = first && this.#kind === 'write' ? this.#observer.changes() : undefined
    void step.then(
      ({ done }) => {
        if (done !== true) this.#rows += 1
        else if (changes === undefined) this.#succeeded(this.#rows)
        else void changes.then((rows) => this.#succeeded(rows))
      },
      (error: unknown) => this.#end(() => this.#observer.failed(error)),
    )
    return step
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    // The rows behind the last one that was read are written, too.
    if (this.#kind !== undefined && this.#kind !== 'read') await this.#drain()
    this.#succeeded(this.#rows)
    return (await this.#iterator.return?.(value)) ?? { done: true, value }
  }

  /** Reads the remaining rows. An error is reported already, and the consumer expects no error. */
  async #drain(): Promise<void> {
    const remaining = { [Symbol.asyncIterator]: () => ({ next: () => this.next() }) }
    try {
      for await (const _ of remaining) if (this.#ended) break
    } catch {
      // See above.
    }
  }

  #succeeded(rows: number): void {
    this.#end(() => this.#observer.succeeded(rows, this.#busy))
  }

  #end(report: () => void): void {
    if (this.#ended || this.#kind === undefined) return
    this.#ended = true
    report()
  }
}
