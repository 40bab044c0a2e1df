import {
  ConnectionUse,
  type Emitter,
  hasMethods,
  subscribe,
  timeAcquires,
} from './driver-events.ts'
import type { DriverPool } from './pool.ts'

/** https://github.com/mariadb-corporation/mariadb-connector-nodejs: the promise API's pool. */
interface MariadbPool extends Emitter {
  totalConnections(): number
  activeConnections(): number
  idleConnections(): number
  taskQueueSize(): number
  getConnection(): unknown
}

export function isMariadbPool(driver: object): driver is MariadbPool {
  return hasMethods(
    driver,
    'totalConnections',
    'activeConnections',
    'idleConnections',
    'taskQueueSize',
    'getConnection',
    'on',
  )
}

/** https://mariadb.com/kb/en/node-js-connector-error-codes: ER_GET_CONNECTION_TIMEOUT. */
function isTimeout(error: unknown): boolean {
  return (error as { errno?: unknown } | null)?.errno === 45028
}

export function mariadbPool(pool: MariadbPool): DriverPool {
  return {
    idle: () => pool.idleConnections(),
    busy: () => pool.activeConnections(),
    max: () => undefined,
    pending: () => pool.taskQueueSize(),
    open: () => pool.totalConnections(),
    showsWaits: false,
    showsCreation: false,
    watch(listener) {
      const use = new ConnectionUse(listener)
      // Pool.query and Pool.execute take their connection inside the driver, which shows nothing of
      // it: only the waits of transactions are timed.
      const unpatch = timeAcquires(pool, 'getConnection', 0, listener, isTimeout)
      const unsubscribe = subscribe(pool, {
        // A connection's end has no event: it is noticed at the next event.
        acquire(connection: object) {
          use.acquired(connection)
          listener.mayHaveClosed()
        },
        release: (connection: object) => use.released(connection),
        connection() {
          listener.opened()
          listener.mayHaveClosed()
        },
        error: () => listener.failed(),
      })
      return () => {
        unpatch()
        unsubscribe()
      }
    },
  }
}
