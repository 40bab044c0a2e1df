import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import { type ConnectedDatabase, describeDatabase } from './describe-database.ts'
import { PoolBinding } from './pool-binding.ts'
import { type Pool, poolOf } from './pool-of.ts'
import { PoolSeries } from './pool-series.ts'

/** Sums over all bound pools, and the connections counted so far; zeros without a pool. */
export interface PoolState {
  readonly idle: number
  readonly busy: number
  readonly pending: number
  readonly opened: number
  readonly closed: number
}

/** Whether an operation that starts now waits for a connection; hidden if no driver of the client shows it. */
export type ExpectedWait = 'hidden' | 'unlikely' | 'likely'

/** In milliseconds. */
const lately = 10_000

/** The pool metrics of one client. Its gauges are sums over the pools in use at a scrape. */
export class PoolMetrics {
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #onAcquired: ((seconds: number) => void) | undefined
  /** Replaced at each change: every operation reads it. */
  #pools: readonly Pool[] = []
  /** Pools that are no longer in use and had open connections when they were last checked. */
  readonly #unused = new Set<PoolBinding>()
  /** Undefined before the first pool: a client without one has no such series. */
  #series: PoolSeries | undefined

  /** @param onAcquired is called with the seconds that each acquired connection was waited for. */
  constructor(
    instruments: Instruments,
    errorReporter: ErrorReporter,
    onAcquired?: (seconds: number) => void,
  ) {
    this.#instruments = instruments
    this.#errorReporter = errorReporter
    this.#onAcquired = onAcquired
  }

  /** Binds the pool of a driver, if it is known; returns a function that unbinds it. */
  bind(driver: unknown, database: ConnectedDatabase): () => void {
    this.#errorReporter.guard(() =>
      describeDatabase(this.#instruments.operationsInFlight.with(), database, driver),
    )
    const pool = poolOf(driver)
    if (pool === undefined) return () => {}
    const series = (this.#series ??= this.#declare())
    const binding = this.#bindingOf(pool, series)
    this.#unused.delete(binding)
    const leave = binding.join(this.#onAcquired)
    if (!this.#pools.includes(pool)) this.#pools = [...this.#pools, pool]
    return () => {
      leave()
      if (binding.isUsed) return
      this.#pools = this.#pools.filter((each) => each !== pool)
      if (binding.hasOpen) this.#unused.add(binding)
    }
  }

  /** True if a query gets a connection immediately: no caller waits, and one is idle or can be opened. */
  get available(): boolean {
    for (const pool of this.#pools) {
      // A pool that does not show its limit may be full.
      const free = pool.idle() > 0 || pool.busy() < (pool.max() ?? 1)
      if (pool.pending() > 0 || !free) return false
    }
    return true
  }

  /** Likely if no connection is free, or if a caller has waited lately. */
  get expectedWait(): ExpectedWait {
    let expected: ExpectedWait = 'hidden'
    for (const pool of this.#pools) {
      if (!pool.showsWaits) continue
      if (pool.idle() === 0 || pool.pending() > 0) return 'likely'
      if (pool.waitedAt !== undefined && performance.now() - pool.waitedAt < lately) return 'likely'
      expected = 'unlikely'
    }
    return expected
  }

  get bound(): boolean {
    return this.#pools.length > 0
  }

  get state(): PoolState {
    const { poolConnectionsOpened, poolConnectionsClosed } = this.#instruments
    this.#countClosed()
    return {
      idle: this.#sum((pool) => pool.idle()),
      busy: this.#sum((pool) => pool.busy()),
      pending: this.#sum((pool) => pool.pending()),
      opened: this.#series ? poolConnectionsOpened.with().value : 0,
      closed: this.#series ? poolConnectionsClosed.with().value : 0,
    }
  }

  #bindingOf(pool: Pool, series: PoolSeries): PoolBinding {
    let binding = pool.bindings.get(series.acquires.ok)
    if (binding === undefined) {
      series.expose(pool)
      binding = new PoolBinding(pool, series, this.#errorReporter)
      pool.bindings.set(series.acquires.ok, binding)
    }
    return binding
  }

  #declare(): PoolSeries {
    const { poolConnections, poolConnectionsMax, poolPendingAcquires, poolConnectionsClosed } =
      this.#instruments
    poolConnections.beforeCollect(() => {
      poolConnections.with('idle').set(this.#sum((pool) => pool.idle()))
      poolConnections.with('busy').set(this.#sum((pool) => pool.busy()))
    })
    poolPendingAcquires.beforeCollect(() =>
      poolPendingAcquires.with().set(this.#sum((pool) => pool.pending())),
    )
    poolConnectionsMax.beforeCollect(() => {
      const max = this.#max()
      if (max === undefined) poolConnectionsMax.remove()
      else poolConnectionsMax.with().set(max)
    })
    poolConnectionsClosed.beforeCollect(() => this.#countClosed())
    return new PoolSeries(this.#instruments)
  }

  /** Counts connections that a pool of the application has closed while it was not watched. */
  #countClosed(): void {
    for (const binding of this.#unused) {
      binding.countClosed()
      if (!binding.hasOpen) this.#unused.delete(binding)
    }
  }

  /** The sum of the limits; undefined without a pool, or if one of them does not show its limit. */
  #max(): number | undefined {
    let total: number | undefined
    for (const pool of this.#pools) {
      const max = pool.max()
      if (max === undefined) return undefined
      total = (total ?? 0) + max
    }
    return total
  }

  #sum(read: (pool: Pool) => number): number {
    let total = 0
    for (const pool of this.#pools) total += read(pool)
    return total
  }
}
