import postgres, { type PostgresClient, type PostgresOptions } from '@prisma/orm-postgres/runtime'
import { Pool, type PoolConfig } from 'pg'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import {
  prismaMetrics,
  type Prisma8MetricsOptions,
  type PrismaMetrics,
  type TypeMap,
} from '../../src/prisma-8.ts'
import { type MetricsSnapshot, snapshot } from '../../src/testing/index.ts'
import type { Contract } from '../fixtures/prisma-8/contract.d.ts'
import contractJson from '../fixtures/prisma-8/contract.json' with { type: 'json' }
import { createDatabase, type TestDatabase } from '../support/database/database.ts'

export type Db = PostgresClient<Contract>

export interface Connected {
  readonly db: Db
  /** The client without instrumentation, on the same instrumented pool. */
  readonly bare: Db
  readonly pool: Pool
  readonly metrics: PrismaMetrics<TypeMap<Db>>
  readonly registry: Registry
  readonly database: TestDatabase
  /** What `onError` received. */
  readonly errors: unknown[]
  snapshot(): Promise<MetricsSnapshot>
}

interface Connection extends Prisma8MetricsOptions {
  readonly poolConfig?: PoolConfig
  /** False: `db` is the client with the pool and the middleware alone. */
  readonly instrument?: boolean
  /** Returns the middleware of the client; that of the instrumentation alone if omitted. */
  readonly middlewareOf?: (metrics: Pick<PrismaMetrics, 'middleware'>) => Middleware
}

type Middleware = NonNullable<PostgresOptions<Contract>['middleware']>

/** An instrumented client of Prisma 8, with a database and a registry of its own. */
export async function connect({
  poolConfig,
  instrument = true,
  middlewareOf = ({ middleware }) => [middleware],
  ...options
}: Connection = {}): Promise<Connected> {
  const database = await createDatabase('prisma_8')
  const pool = new Pool({ connectionString: database.url, ...poolConfig })
  pool.on('error', () => {})
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics<TypeMap<Db>>({
    registry,
    onError: (error) => errors.push(error),
    ...options,
  })
  const bare = postgres<Contract>({
    contractJson,
    pg: metrics.pool(pool),
    middleware: middlewareOf(metrics),
  })
  const db = instrument ? metrics.instrument(bare) : bare
  onTestFinished(async () => {
    await db.close()
    await pool.end()
    await database.drop()
  })
  return {
    db,
    bare,
    pool,
    metrics,
    registry,
    database,
    errors,
    snapshot: () => snapshot(registry),
  }
}
