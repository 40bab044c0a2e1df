import {
  type AcquireCallback,
  type Emitter,
  hasMethods,
  subscribe,
  timeAcquires,
} from './driver-events.ts'
import type { DriverPool } from './pool.ts'

/** https://node-postgres.com/apis/pool; Neon's serverless pool has the same interface. */
interface PgPool extends Emitter {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  /** True from the call of end() on. */
  readonly ending?: boolean
  readonly options?: { readonly max?: number }
  connect(callback?: AcquireCallback): unknown
}

export function isPgPool(driver: object): driver is PgPool {
  return (
    'totalCount' in driver &&
    'idleCount' in driver &&
    'waitingCount' in driver &&
    hasMethods(driver, 'connect', 'on')
  )
}

export function pgPool(pool: PgPool): DriverPool {
  return {
    idle: () => pool.idleCount,
    busy: () => pool.totalCount - pool.idleCount,
    max: () => pool.options?.max,
    pending: () => pool.waitingCount,
    // A connection that is being opened is one of them: nothing public distinguishes it. A pool that
    // ends emits 'remove' only after each connection has closed.
    open: () => (pool.ending === true ? 0 : pool.totalCount),
    watch(listener) {
      // Pool.query calls Pool.connect: this sees every wait.
      const unpatch = timeAcquires(pool, 'connect', 0, listener)
      const unsubscribe = subscribe(pool, {
        connect: () => listener.mayHaveOpened(),
        remove: () => listener.closed(),
        error: () => listener.failed(),
      })
      return () => {
        unpatch()
        unsubscribe()
      }
    },
  }
}
