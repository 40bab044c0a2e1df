import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { AcquireOutcome, DriverPool, PoolListener } from './pool.ts'

/** Records the events of a client's pools. */
export interface PoolSinks extends Pick<
  PoolListener,
  'opened' | 'closed' | 'failed' | 'timedOut' | 'used' | 'created'
> {
  acquired(seconds: number, outcome: AcquireOutcome): void
}

interface User {
  readonly onAcquired: ((seconds: number) => void) | undefined
}

/**
 * One pool in the metrics of one client. It is watched once while any adapter of the client uses it,
 * also if several instrumentations feed the metrics.
 */
export class PoolBinding {
  readonly #pool: DriverPool
  readonly #sinks: PoolSinks
  readonly #errorReporter: ErrorReporter
  readonly #users = new Set<User>()
  #unwatch = (): void => {}
  /** Connections that were counted as opened and not yet as closed. */
  #known = 0

  constructor(pool: DriverPool, sinks: PoolSinks, errorReporter: ErrorReporter) {
    this.#pool = pool
    this.#sinks = sinks
    this.#errorReporter = errorReporter
  }

  get used(): boolean {
    return this.#users.size > 0
  }

  /** True if a connection of this pool was counted as opened and not yet as closed. */
  get hasOpen(): boolean {
    return this.#known > 0
  }

  /**
   * Adds a user of the pool; returns a function that removes it.
   *
   * @param onAcquired is called with the seconds that each acquired connection was waited for.
   */
  join(onAcquired: User['onAcquired']): () => void {
    const user: User = { onAcquired }
    if (!this.used) this.#watch()
    this.#users.add(user)
    return () => {
      if (!this.#users.delete(user) || this.used) return
      this.countClosed()
      this.#unwatch()
    }
  }

  /** Counts connections that have closed without an event, or while the pool was not watched. */
  countClosed(): void {
    while (this.#known > this.#pool.open()) this.#closed()
  }

  #watch(): void {
    // A pool may have connections already: an adapter opens one before its pool is known.
    while (this.#known < this.#pool.open()) this.#opened()
    this.countClosed()
    this.#unwatch = this.#pool.watch({
      acquired: (seconds, outcome) =>
        this.#guard(() => {
          this.#sinks.acquired(seconds, outcome)
          if (outcome === 'ok') for (const user of this.#users) user.onAcquired?.(seconds)
        }),
      timedOut: () => this.#guard(() => this.#sinks.timedOut()),
      used: (seconds) => this.#guard(() => this.#sinks.used(seconds)),
      created: (seconds, outcome) => this.#guard(() => this.#sinks.created(seconds, outcome)),
      opened: () => this.#guard(() => this.#opened()),
      mayHaveOpened: () =>
        this.#guard(() => {
          if (this.#known < this.#pool.open()) this.#opened()
        }),
      closed: () => this.#guard(() => this.#closed()),
      mayHaveClosed: () => this.#guard(() => this.countClosed()),
      failed: () => this.#guard(() => this.#sinks.failed()),
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

  #guard(record: () => void): void {
    this.#errorReporter.guard(record)
  }
}
