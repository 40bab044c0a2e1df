import {
  type AcquireCallback,
  ConnectionUse,
  type Emitter,
  hasMethods,
  subscribe,
  timeAcquires,
} from './driver-events.ts'
import type { AcquireOutcome, DriverPool } from './pool.ts'
import { secondsSince } from '../../support/elapsed.ts'

/** https://github.com/tediousjs/node-mssql: a ConnectionPool over a tarn pool. */
interface MssqlPool extends Emitter {
  readonly available: number
  readonly borrowed: number
  readonly pending: number
  readonly config?: {
    readonly server?: string
    readonly port?: number
    readonly database?: string
    readonly pool?: { readonly max?: number }
  }
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

/** An error of tarn, which names its class but not the error. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'TimeoutError'
}

export function mssqlPool(pool: MssqlPool): DriverPool {
  return {
    // A closed pool has no tarn pool.
    idle: () => (pool.pool ? pool.available : 0),
    busy: () => (pool.pool ? pool.borrowed : 0),
    max: () => pool.config?.pool?.max ?? 10,
    pending: () => (pool.pool ? pool.pending : 0),
    open: () => (pool.pool ? pool.available + pool.borrowed : 0),
    endpoint: () => ({
      address: pool.config?.server,
      port: pool.config?.port,
      database: pool.config?.database,
    }),
    showsWaits: false,
    showsCreation: typeof pool.pool?.on === 'function',
    watch(listener) {
      const stop = [
        timeAcquires(pool, 'acquire', 1, listener, isTimeout),
        subscribe(pool, { error: () => listener.failed() }),
      ]
      const tarn = pool.pool
      if (tarn !== undefined && hasMethods(tarn, 'on', 'removeListener')) {
        const use = new ConnectionUse(listener)
        const creating = new Map<number, number>()
        const created = (id: number, outcome: AcquireOutcome): void => {
          const started = creating.get(id)
          creating.delete(id)
          if (started !== undefined) listener.created(secondsSince(started), outcome)
        }
        stop.push(
          subscribe(tarn as Emitter, {
            acquireSuccess: (_: number, connection: object) => use.acquired(connection),
            release: (connection: object) => use.released(connection),
            createRequest: (id: number) => void creating.set(id, performance.now()),
            createFail: (id: number) => created(id, 'error'),
            createSuccess(id: number) {
              created(id, 'ok')
              listener.opened()
            },
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
