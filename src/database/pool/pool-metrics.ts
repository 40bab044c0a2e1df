import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { type ConnectedDatabase, describeDatabase } from './describe-database.ts'
import { PoolBinding, type PoolSinks } from './pool-binding.ts'
import { type Pool, poolOf } from './pool-of.ts'
import type { AcquireOutcome } from './pool.ts'

/** Sums over all bound pools, and the connections counted so far; zeros without a pool. */
export interface PoolState {
  readonly idle: number
  readonly busy: number
  readonly pending: number
  readonly opened: number
  readonly closed: number
}

type AcquireSeries = Readonly<Record<AcquireOutcome, Histogram>>

/** Whether an operation that starts now waits for a connection; hidden if no driver of the client shows it. */
export type ExpectedWait = 'hidden' | 'unlikely' | 'likely'

/** In seconds: a shorter wait is that for the next tick. */
const noticeable = 0.001
/** In milliseconds. */
const lately = 10_000

/** The pool metrics of one client. Its gauges are sums over the pools in use at a scrape. */
export class PoolMetrics {
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #onAcquired: ((seconds: number) => void) | undefined
  readonly #pools = new Set<Pool>()
  /** Pools that are no longer in use and had open connections when they were last checked. */
  readonly #unused = new Set<PoolBinding>()
  /** When a caller last waited for a pool that can open no more connections, by `performance.now()`. */
  #waitedAt = Number.NEGATIVE_INFINITY
  /** Undefined before the first pool: a client without one has no such series. */
  #acquires: AcquireSeries | undefined

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
    const acquires = (this.#acquires ??= this.#declare())
    const binding = this.#bindingOf(pool, acquires)
    this.#unused.delete(binding)
    const leave = binding.join(this.#onAcquired)
    this.#pools.add(pool)
    return () => {
      leave()
      if (binding.used) return
      this.#pools.delete(pool)
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
      expected = 'unlikely'
    }
    if (expected === 'hidden') return expected
    return performance.now() - this.#waitedAt < lately ? 'likely' : expected
  }

  get bound(): boolean {
    return this.#pools.size > 0
  }

  get state(): PoolState {
    const { poolConnectionsOpened, poolConnectionsClosed } = this.#instruments
    this.#countClosed()
    return {
      idle: this.#sum((pool) => pool.idle()),
      busy: this.#sum((pool) => pool.busy()),
      pending: this.#sum((pool) => pool.pending()),
      opened: this.#acquires ? poolConnectionsOpened.with().value : 0,
      closed: this.#acquires ? poolConnectionsClosed.with().value : 0,
    }
  }

  #bindingOf(pool: Pool, acquires: AcquireSeries): PoolBinding {
    let binding = pool.bindings.get(acquires.ok)
    if (binding === undefined) {
      const { poolConnectionsOpened, poolConnectionsClosed, poolErrors } = this.#instruments
      const { poolAcquireTimeouts, poolConnectionUse, poolConnectionCreate } = this.#instruments
      poolAcquireTimeouts.with()
      if (pool.showsCreation) poolConnectionCreate.with('ok')
      let use: Histogram | undefined
      const sinks: PoolSinks = {
        acquired: (seconds, outcome) => {
          acquires[outcome].observe(seconds)
          // Opening a connection takes time, too, but says nothing of the next operation.
          if (seconds > noticeable && isComplete(pool)) this.#waitedAt = performance.now()
        },
        timedOut: () => poolAcquireTimeouts.with().inc(),
        used: (seconds) => (use ??= poolConnectionUse.with()).observe(seconds),
        created: (seconds, outcome) => poolConnectionCreate.with(outcome).observe(seconds),
        opened: () => poolConnectionsOpened.with().inc(),
        closed: () => poolConnectionsClosed.with().inc(),
        failed: () => poolErrors.with().inc(),
      }
      binding = new PoolBinding(pool, sinks, this.#errorReporter)
      pool.bindings.set(acquires.ok, binding)
    }
    return binding
  }

  #declare(): AcquireSeries {
    const {
      poolConnections,
      poolConnectionsMax,
      poolPendingAcquires,
      poolAcquireDuration,
      poolConnectionsOpened,
      poolConnectionsClosed,
      poolErrors,
    } = this.#instruments
    poolConnectionsOpened.with()
    poolConnectionsClosed.with()
    poolErrors.with()
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
    return { ok: poolAcquireDuration.with('ok'), error: poolAcquireDuration.with('error') }
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

/** True if the pool has all its connections, or does not show its limit. */
function isComplete(pool: Pool): boolean {
  return pool.open() >= (pool.max() ?? 0)
}
