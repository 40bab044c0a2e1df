import { poolOf } from '../../database/pool/pool-of.ts'
import type { PoolListener } from '../../database/pool/pool.ts'
import { isRecordedCall } from '../../database/pool/recorded-calls.ts'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { isObject } from '../../support/validate.ts'
import { ConnectionRecorder, type ConnectionSinks } from '../connection-recorder.ts'
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

/** Of a pool's events, those that say nothing about its connections' statements. */
const unwatched: Omit<PoolListener, 'acquired'> = {
  timedOut() {},
  used() {},
  created() {},
  opened() {},
  mayHaveOpened() {},
  closed() {},
  mayHaveClosed() {},
  failed() {},
}

type ConnectCallback = (error: unknown, client: unknown, ...rest: unknown[]) => unknown

/**
 * Instruments the connections that a pool hands out, including those of `pool.query` and those that
 * were idle before. Calls that another instrumentation records are skipped.
 *
 * @returns a function that stops measuring how long the pool is waited for.
 */
export function instrumentPool(pool: PgPool, sinks: PoolSinks): () => void {
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

  const connectionOf = (client: unknown): Connection | undefined =>
    isObject(client) ? connections.get(client) : undefined
  const unwatch = poolOf(pool)?.watch({
    ...unwatched,
    acquired: (seconds, _, client) => {
      errorReporter.guard(() => connectionOf(client)?.recorder.acquired(seconds))
    },
  })

  const connect = pool.connect
  const query = pool.query
  const skip = (client: unknown): void => {
    const connection = connectionOf(client)
    if (connection !== undefined) connection.skipped = true
  }
  define(pool, 'connect', function (this: unknown, ...args: unknown[]): unknown {
    if (!isRecordedCall()) return connect.apply(pool, args)
    const [callback] = args
    if (typeof callback === 'function') {
      args[0] = function (this: unknown, ...results: Parameters<ConnectCallback>): unknown {
        skip(results[1])
        return (callback as ConnectCallback).apply(this, results)
      }
      return connect.apply(pool, args)
    }
    const connecting = connect.apply(pool, args)
    if (!(connecting instanceof Promise)) return connecting
    return connecting.then((client: unknown) => {
      skip(client)
      return client
    })
  })
  define(pool, 'query', function (this: unknown, ...args: unknown[]): unknown {
    const [config] = args
    // The pool passes the same object to the connection later.
    if (isRecordedCall() && isObject(config)) skippedQueries.add(config)
    return query.apply(pool, args)
  })
  return () => unwatch?.()
}

function define(pool: PgPool, method: 'connect' | 'query', value: unknown): void {
  Object.defineProperty(pool, method, { value, writable: true, configurable: true })
}

/** Instruments a single connection outside a pool. */
export function instrumentConnection(client: PgClient, sinks: PoolSinks): void {
  const watch = { ...sinks.watch, skips: isRecordedCall }
  instrumentClient(client, new ConnectionRecorder(sinks), watch)
}
