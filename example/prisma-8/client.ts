// Prisma 8 uses Temporal for timestamps. Node 26 has it.
// oxlint-disable-next-line import/no-unassigned-import -- a global
import 'temporal-polyfill/global'
import postgres, { type PostgresClient } from '@prisma/orm-postgres/runtime'
import { Pool } from 'pg'
import { prismaMetrics, type TypeMap } from '../../src/prisma-8.ts'
import { detail } from '../detail.ts'
import type { Contract } from './contract/contract.d.ts'
import contractJson from './contract/contract.json' with { type: 'json' }

/** The client of Prisma 8, on the tables that Prisma 7 migrates. */
export type Db = PostgresClient<Contract>

export const metrics = prismaMetrics<TypeMap<Db>>({ detail, slowOperation: { seconds: 0.25 } })

export interface Connection {
  readonly db: Db
  [Symbol.asyncDispose](): Promise<void>
}

export function connectPrisma8(connectionString: string): Connection {
  const pool = metrics.pool(new Pool({ connectionString, max: 10 }))
  const db = metrics.instrument(
    postgres<Contract>({ contractJson, pg: pool, middleware: [metrics.middleware] }),
  )
  return {
    db,
    async [Symbol.asyncDispose]() {
      await db.close()
      await pool.end()
    },
  }
}
