import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { PoolBinding, type PoolSinks } from './pool-binding.ts'
import { type AcquireOutcome, type Pool, poolOf } from './pool-drivers.ts'

/** What all bound pools do at one moment, and have done so far; zeros where there is none. */
export interface PoolState {
  readonly idle: number
  readonly busy: number
  readonly pending: number
  readonly opened: number
  readonly closed: number
}

/** The pool metrics of one client. Its gauges add up all pools that are bound at a scrape. */
export class PoolMetrics {
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #sinks: PoolSinks
  readonly #bindings = new WeakMap<Pool, PoolBinding>()
  /** Those in use. */
  readonly #pools = new Set<Pool>()
  /** Undefined as long as there was no pool: a client without one has no such series. */
  #acquires: Readonly<Record<AcquireOutcome, Histogram>> | undefined

  /** @param onAcquired told how long each acquired connection was waited for. */
  constructor(
    instruments: Instruments,
    errorReporter: ErrorReporter,
    onAcquired?: (seconds: number) => void,
  ) {
    this.#instruments = instruments
    this.#errorReporter = errorReporter
    this.#sinks = {
      acquired: (seconds, outcome) => {
        this.#acquires?.[outcome].observe(seconds)
        if (outcome === 'ok') onAcquired?.(seconds)
      },
      opened: () => instruments.poolConnectionsOpened.with().inc(),
      closed: () => instruments.poolConnectionsClosed.with().inc(),
      failed: () => instruments.poolErrors.with().inc(),
    }
  }

  /**
   * Binds the pool behind a connected adapter, where it has one that is known; returns what unbinds
   * it again.
   */
  bind(driver: unknown): () => void {
    const pool = poolOf(driver)
    if (pool === undefined) return () => {}
    this.#declare()
    const binding = this.#bindingOf(pool)
    const leave = binding.join()
    this.#pools.add(pool)
    return () => {
      leave()
      if (!binding.used) this.#pools.delete(pool)
    }
  }

  /** True while callers wait for a connection: no time to ask the database for anything extra. */
  get saturated(): boolean {
    for (const pool of this.#pools) if (pool.pending() > 0) return true
    return false
  }

  get state(): PoolState {
    const { poolConnectionsOpened, poolConnectionsClosed } = this.#instruments
    return {
      idle: this.#sum((pool) => pool.idle()),
      busy: this.#sum((pool) => pool.busy()),
      pending: this.#sum((pool) => pool.pending()),
      opened: this.#acquires ? poolConnectionsOpened.with().value : 0,
      closed: this.#acquires ? poolConnectionsClosed.with().value : 0,
    }
  }

  #bindingOf(pool: Pool): PoolBinding {
    let binding = this.#bindings.get(pool)
    if (binding === undefined) {
      binding = new PoolBinding(pool, this.#sinks, this.#errorReporter)
      this.#bindings.set(pool, binding)
    }
    return binding
  }

  #declare(): void {
    if (this.#acquires !== undefined) return
    const {
      poolConnections,
      poolConnectionsMax,
      poolPendingAcquires,
      poolAcquireDuration,
      poolConnectionsOpened,
      poolConnectionsClosed,
      poolErrors,
    } = this.#instruments
    this.#acquires = {
      ok: poolAcquireDuration.with('ok'),
      error: poolAcquireDuration.with('error'),
    }
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
      if ([...this.#pools].every((pool) => pool.max() !== undefined)) {
        poolConnectionsMax.with().set(this.#sum((pool) => pool.max() ?? 0))
      }
    })
  }

  #sum(read: (pool: Pool) => number): number {
    let total = 0
    for (const pool of this.#pools) total += read(pool)
    return total
  }
}
