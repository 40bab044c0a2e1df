import type { Histogram } from '../../metrics/histogram.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { AcquireOutcome, WatchedPool } from './pool.ts'

/** In seconds: a shorter wait is that for the next tick. */
const noticeable = 0.001

/** The series in which the events of a client's pools are recorded. */
export class PoolSeries {
  readonly acquires: Readonly<Record<AcquireOutcome, Histogram>>
  readonly #instruments: Instruments
  #use: Histogram | undefined

  constructor(instruments: Instruments) {
    const { poolConnectionsOpened, poolConnectionsClosed, poolErrors, poolAcquireDuration } =
      instruments
    this.#instruments = instruments
    poolConnectionsOpened.with()
    poolConnectionsClosed.with()
    poolErrors.with()
    this.acquires = {
      ok: poolAcquireDuration.with('ok'),
      error: poolAcquireDuration.with('error'),
    }
  }

  /** Exposes the series that the pool can have. */
  expose({ showsCreation }: WatchedPool): void {
    const { poolAcquireTimeouts, poolConnectionCreate } = this.#instruments
    poolAcquireTimeouts.with()
    if (showsCreation) poolConnectionCreate.with('ok')
  }

  acquired(pool: WatchedPool, seconds: number, outcome: AcquireOutcome): void {
    this.acquires[outcome].observe(seconds)
    // Opening a connection takes time, too, but says nothing of the next operation.
    if (seconds > noticeable && isComplete(pool)) pool.waitedAt = performance.now()
  }

  timedOut(): void {
    this.#instruments.poolAcquireTimeouts.with().inc()
  }

  used(seconds: number): void {
    this.#use ??= this.#instruments.poolConnectionUse.with()
    this.#use.observe(seconds)
  }

  created(seconds: number, outcome: AcquireOutcome): void {
    this.#instruments.poolConnectionCreate.with(outcome).observe(seconds)
  }

  opened(): void {
    this.#instruments.poolConnectionsOpened.with().inc()
  }

  closed(): void {
    this.#instruments.poolConnectionsClosed.with().inc()
  }

  failed(): void {
    this.#instruments.poolErrors.with().inc()
  }
}

/** True if the pool has all its connections, or does not show its limit. */
function isComplete(pool: WatchedPool): boolean {
  return pool.open() >= (pool.max() ?? 0)
}
