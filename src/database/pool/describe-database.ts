import type { Series } from '../../metrics/metric-family.ts'
import { describeSeries } from '../../metrics/series-attributes.ts'
import { pgEndpoint } from './pg-pool.ts'
import { poolOf } from './pool-of.ts'

/** A database that a client has connected to. */
export interface ConnectedDatabase {
  readonly provider: string
  /** The schema of tables without one of their own; on MySQL, the database. */
  readonly schema: string | undefined
}

/**
 * Keeps where the database of a client is, as attributes of OpenTelemetry's conventions. An attribute that
 * differs between the client's pools is dropped.
 */
export function describeDatabase(
  series: Series,
  { provider, schema }: ConnectedDatabase,
  driver: unknown,
): void {
  const pool = poolOf(driver)
  const { address, port, database } =
    pool === undefined ? pgEndpoint(driver) : (pool.endpoint?.() ?? {})
  const namespaces: Readonly<Record<string, readonly (string | undefined)[]>> = {
    postgres: [database, schema],
    mysql: [schema],
    sqlserver: [database],
  }
  const namespace = namespaces[provider]?.filter((part) => part !== undefined).join('|')
  describeSeries(series, {
    'db.namespace': namespace || undefined,
    'server.address': address,
    'server.port': port,
  })
}
