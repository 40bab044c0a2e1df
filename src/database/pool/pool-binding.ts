import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Pool, PoolListener } from './pool-drivers.ts'

/** Where what happens in the pools of a client is recorded. */
export type PoolSinks = Omit<PoolListener, 'mayHaveClosed'>

/**
 * One pool in the metrics of one client, watched once, however many of the client's adapters share
 * it, and as long as one of them does.
 */
export class PoolBinding {
  readonly #pool: Pool
  readonly #sinks: PoolSinks
  readonly #errorReporter: ErrorReporter
  readonly #users = new Set<object>()
  #unwatch = (): void => {}
  /** Connections counted as opened and not as closed yet: kept while nobody watches. */
  #known = 0

  constructor(pool: Pool, sinks: PoolSinks, errorReporter: ErrorReporter) {
    this.#pool = pool
    this.#sinks = sinks
    this.#errorReporter = errorReporter
  }

  get used(): boolean {
    return this.#users.size > 0
  }

  /** Returns what leaves the pool again. */
  join(): () => void {
    const user = {}
    if (!this.used) this.#watch()
    this.#users.add(user)
    return () => {
      if (!this.#users.delete(user) || this.used) return
      this.#countClosed()
      this.#unwatch()
    }
  }

  #watch(): void {
    // A pool may come with connections; an adapter opens one before it hands its pool out.
    while (this.#known < this.#pool.open()) this.#opened()
    this.#countClosed()
    this.#unwatch = this.#pool.watch({
      acquired: this.#guarded(this.#sinks.acquired),
      opened: this.#guarded(() => this.#opened()),
      closed: this.#guarded(() => this.#closed()),
      mayHaveClosed: this.#guarded(() => this.#countClosed()),
      failed: this.#guarded(this.#sinks.failed),
    })
  }

  #opened(): void {
    this.#known += 1
    this.#sinks.opened()
  }

  #closed(): void {
    if (this.#known === 0) return
    this.#known -= 1
    this.#sinks.closed()
  }

  #countClosed(): void {
    while (this.#known > this.#pool.open()) this.#closed()
  }

  /** Nothing of ours may throw into the driver. */
  #guarded<A extends unknown[]>(record: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        record(...args)
      } catch (error) {
        this.#errorReporter.report(error)
      }
    }
  }
}
