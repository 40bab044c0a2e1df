import {
  type AcquireCallback,
  type Emitter,
  hasMethods,
  subscribe,
  timeAcquires,
} from './driver-events.ts'
import type { DriverPool } from './pool.ts'

/** https://github.com/tediousjs/node-mssql: a ConnectionPool over a tarn pool. */
interface MssqlPool extends Emitter {
  readonly available: number
  readonly borrowed: number
  readonly pending: number
  readonly config?: { readonly pool?: { readonly max?: number } }
  readonly pool?: Partial<Emitter>
  acquire(requester: unknown, callback?: AcquireCallback): unknown
}

export function isMssqlPool(driver: object): driver is MssqlPool {
  return (
    'available' in driver &&
    'borrowed' in driver &&
    'pending' in driver &&
    hasMethods(driver, 'acquire', 'on')
  )
}

export function mssqlPool(pool: MssqlPool): DriverPool {
  return {
    // A closed pool has no tarn pool.
    idle: () => (pool.pool ? pool.available : 0),
    busy: () => (pool.pool ? pool.borrowed : 0),
    max: () => pool.config?.pool?.max ?? 10,
    pending: () => (pool.pool ? pool.pending : 0),
    open: () => (pool.pool ? pool.available + pool.borrowed : 0),
    watch(listener) {
      const stop = [
        timeAcquires(pool, 'acquire', 1, listener),
        subscribe(pool, { error: () => listener.failed() }),
      ]
      const tarn = pool.pool
      if (tarn !== undefined && hasMethods(tarn, 'on', 'removeListener')) {
        stop.push(
          subscribe(tarn as Emitter, {
            createSuccess: () => listener.opened(),
            destroySuccess: () => listener.closed(),
          }),
        )
      }
      return () => {
        for (const end of stop) end()
      }
    },
  }
}
