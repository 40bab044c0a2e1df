import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { PoolSeries } from './pool-series.ts'
import type { AcquireOutcome, PoolListener, WatchedPool } from './pool.ts'

interface User {
  readonly onAcquired: ((seconds: number) => void) | undefined
}

/**
 * One pool in the metrics of one client. It is watched once while any adapter of the client uses it,
 * also if several instrumentations feed the metrics.
 */
export class PoolBinding implements PoolListener {
  readonly #pool: WatchedPool
  readonly #series: PoolSeries
  readonly #errorReporter: ErrorReporter
  /** Replaced at each change. */
  #users: readonly User[] = []
  #unwatch = (): void => {}
  /** Connections that were counted as opened and not yet as closed. */
  #known = 0

  constructor(pool: WatchedPool, series: PoolSeries, errorReporter: ErrorReporter) {
    this.#pool = pool
    this.#series = series
    this.#errorReporter = errorReporter
  }

  get isUsed(): boolean {
    return this.#users.length > 0
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
    if (!this.isUsed) this.#watch()
    this.#users = [...this.#users, user]
    return () => {
      if (!this.#users.includes(user)) return
      this.#users = this.#users.filter((each) => each !== user)
      if (this.isUsed) return
      this.countClosed()
      this.#unwatch()
    }
  }

  /** Counts connections that have closed without an event, or while the pool was not watched. */
  countClosed(): void {
    while (this.#known > this.#pool.open()) this.#countClosed()
  }

  acquired(seconds: number, outcome: AcquireOutcome): void {
    this.#errorReporter.guard(() => {
      this.#series.acquired(this.#pool, seconds, outcome)
      if (outcome === 'ok') for (const { onAcquired } of this.#users) onAcquired?.(seconds)
    })
  }

  timedOut(): void {
    this.#errorReporter.guard(() => this.#series.timedOut())
  }

  used(seconds: number): void {
    this.#errorReporter.guard(() => this.#series.used(seconds))
  }

  created(seconds: number, outcome: AcquireOutcome): void {
    this.#errorReporter.guard(() => this.#series.created(seconds, outcome))
  }

  opened(): void {
    this.#errorReporter.guard(() => this.#countOpened())
  }

  mayHaveOpened(): void {
    this.#errorReporter.guard(() => {
      if (this.#known < this.#pool.open()) this.#countOpened()
    })
  }

  closed(): void {
    this.#errorReporter.guard(() => this.#countClosed())
  }

  mayHaveClosed(): void {
    this.#errorReporter.guard(() => this.countClosed())
  }

  failed(): void {
    this.#errorReporter.guard(() => this.#series.failed())
  }

  #watch(): void {
    // A pool may have connections already: an adapter opens one before its pool is known.
    while (this.#known < this.#pool.open()) this.#countOpened()
    this.countClosed()
    this.#unwatch = this.#pool.watch(this)
  }

  #countOpened(): void {
    this.#known += 1
    this.#series.opened()
  }

  #countClosed(): void {
    if (this.#known === 0) return
    this.#known -= 1
    this.#series.closed()
  }
}
