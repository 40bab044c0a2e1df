import {
  type AcquireCallback,
  ConnectionUse,
  type Emitter,
  hasMethods,
  subscribe,
  timeAcquires,
} from './driver-events.ts'
import type { DriverPool, PoolEndpoint, PoolListener } from './pool.ts'
import { secondsSince } from '../../support/elapsed.ts'
import { isObject } from '../../support/validate.ts'

/** https://node-postgres.com/apis/pool; Neon's serverless pool has the same interface. */
interface PgPool extends Emitter {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  /** True from the call of end() on. */
  readonly ending?: boolean
  readonly options?: { readonly max?: number }
  connect(callback?: AcquireCallback): unknown
  /** The class of its connections. */
  Client?: ClientClass
}

type ClientClass = new (...args: never[]) => { connect?: unknown }

interface Parameters {
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
}

/** The messages with which a pool refuses a caller after connectionTimeoutMillis. */
const timeoutMessages = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
])

function isTimeout(error: unknown): boolean {
  return timeoutMessages.has(String((error as { message?: unknown } | null)?.message))
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
    showsWaits: true,
    showsCreation: typeof pool.Client === 'function',
    endpoint: () => pgEndpoint(pool.Client && Reflect.construct(pool.Client, [pool.options])),
    watch(listener) {
      const use = new ConnectionUse(listener)
      // Pool.query calls Pool.connect: this sees every wait.
      const unpatch = timeAcquires(pool, 'connect', 0, listener, isTimeout)
      const untime = timeCreation(pool, listener)
      const unsubscribe = subscribe(pool, {
        acquire: (connection: object) => use.acquired(connection),
        release: (_: unknown, connection: object) => use.released(connection),
        connect: () => listener.mayHaveOpened(),
        remove: () => listener.closed(),
        error: () => listener.failed(),
      })
      return () => {
        unpatch()
        untime()
        unsubscribe()
      }
    },
  }
}

/**
 * Where a connection of pg goes to, from its public members. The driver has read the connection string and
 * variables such as PGHOST into them before it connects.
 */
export function pgEndpoint(client: unknown): Partial<PoolEndpoint> {
  const { host, port, database } = (isObject(client) ? client : {}) as Parameters
  if (typeof host !== 'string') return {}
  return {
    address: host,
    port: typeof port === 'number' && !host.startsWith('/') ? port : undefined,
    database: typeof database === 'string' ? database : undefined,
  }
}

/** Times the `connect` of each connection that the pool opens. */
function timeCreation(pool: PgPool, listener: PoolListener): () => void {
  const { Client } = pool
  if (typeof Client !== 'function') return () => {}
  const timed = new Proxy(Client, {
    construct(target, args) {
      const client = Reflect.construct(target, args)
      const { connect } = client
      if (typeof connect === 'function') client.connect = timedConnect(client, connect, listener)
      return client
    },
  })
  pool.Client = timed
  return () => {
    if (pool.Client === timed) pool.Client = Client
  }
}

function timedConnect(
  client: { connect?: unknown },
  original: Function,
  listener: PoolListener,
): (...args: unknown[]) => unknown {
  return function (...args) {
    delete client.connect
    const [callback] = args
    if (typeof callback !== 'function') return original.apply(client, args) as unknown
    const started = performance.now()
    args[0] = function (this: unknown, error: unknown, ...rest: unknown[]): unknown {
      listener.created(secondsSince(started), error ? 'error' : 'ok')
      return callback.call(this, error, ...rest) as unknown
    }
    return original.apply(client, args) as unknown
  }
}
