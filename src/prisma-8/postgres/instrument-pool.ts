import { isRecordedCall } from '../../database/pool/recorded-calls.ts'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { isObject } from '../../support/validate.ts'
import { ConnectionRecorder, type ConnectionSinks } from './connection-recorder.ts'
import { type ClientWatch, instrumentClient } from './instrument-client.ts'
import type { PgClient, PgPool } from './pg.ts'

/** The recorders of a pool's connections. */
export interface PoolSinks extends ConnectionSinks {
  readonly errorReporter: ErrorReporter
  readonly watch: Omit<ClientWatch, 'skips'>
}

/** A connection of the pool. */
interface Connection {
  readonly recorder: ConnectionRecorder
  /** True while another instrumentation that records it has taken it from the pool. */
  skipped: boolean
}

type ConnectCallback = (error: unknown, client: unknown, ...rest: unknown[]) => unknown

/**
 * Instruments the connections that a pool hands out, including those of `pool.query` and those that
 * were idle before. Calls that another instrumentation records are skipped.
 */
export function instrumentPool(pool: PgPool, sinks: PoolSinks): void {
  const { errorReporter } = sinks
  const connections = new WeakMap<object, Connection>()
  const skippedQueries = new WeakSet<object>()

  const instrument = (client: PgClient): Connection => {
    let connection = connections.get(client)
    if (connection === undefined) {
      const created: Connection = { recorder: new ConnectionRecorder(sinks), skipped: false }
      connections.set(client, (connection = created))
      const skips = (config: unknown): boolean =>
        created.skipped || isRecordedCall() || (isObject(config) && skippedQueries.has(config))
      instrumentClient(client, created.recorder, { ...sinks.watch, skips })
    }
    return connection
  }
  pool.on('acquire', (client: PgClient) => errorReporter.guard(() => void instrument(client)))
  pool.on('release', (_: unknown, client: PgClient) => {
    const connection = connections.get(client)
    if (connection !== undefined) connection.skipped = false
  })

  const connect = pool.connect
  const query = pool.query
  const acquired = (client: unknown, started: number, skipped: boolean): void => {
    errorReporter.guard(() => {
      if (!isObject(client)) return
      const connection = connections.get(client)
      if (connection === undefined) return
      connection.skipped = skipped
      connection.recorder.acquired(started)
    })
  }
  define(pool, 'connect', function (this: unknown, ...args: unknown[]): unknown {
    const [callback] = args
    const started = performance.now()
    const skipped = isRecordedCall()
    if (typeof callback === 'function') {
      args[0] = function (this: unknown, ...results: Parameters<ConnectCallback>): unknown {
        acquired(results[1], started, skipped)
        return (callback as ConnectCallback).apply(this, results)
      }
      return connect.apply(pool, args)
    }
    const connecting = connect.apply(pool, args)
    if (!(connecting instanceof Promise)) return connecting
    return connecting.then((client: unknown) => {
      acquired(client, started, skipped)
      return client
    })
  })
  define(pool, 'query', function (this: unknown, ...args: unknown[]): unknown {
    const [config] = args
    // The pool passes the same object to the connection later.
    if (isRecordedCall() && isObject(config)) skippedQueries.add(config)
    return query.apply(pool, args)
  })
}

function define(pool: PgPool, method: 'connect' | 'query', value: unknown): void {
  Object.defineProperty(pool, method, { value, writable: true, configurable: true })
}

/** Instruments a single connection outside a pool. */
export function instrumentConnection(client: PgClient, sinks: PoolSinks): void {
  const watch = { ...sinks.watch, skips: isRecordedCall }
  instrumentClient(client, new ConnectionRecorder(sinks), watch)
}
