import { asRecordedCall } from '../database/pool/recorded-calls.ts'
import type { DatabaseAccess, ReadQuery } from '../support/activity.ts'
import type { MigrationsAccess } from './migrations.ts'
import type { PgClient, PgPool } from './postgres/pg.ts'

/** The access to a client's database through its pool. */
export function databaseAccess(
  pool: PgPool | undefined,
): Omit<DatabaseAccess, 'fingerprintOf'> | undefined {
  if (pool === undefined) return undefined
  return {
    provider: 'postgres',
    read: (use, timeoutSeconds) => readInTransaction(pool, use, timeoutSeconds),
    modelOf: (table) => table,
  }
}

/** The access of a pool to the tables that Prisma writes. */
export function poolAccess(pool: PgPool | undefined): MigrationsAccess | undefined {
  if (pool === undefined) return undefined
  return {
    provider: 'postgres',
    async query(sql) {
      const result = await asRecordedCall(() => pool.query({ text: sql }))
      return (result as { rows: Record<string, unknown>[] }).rows
    },
  }
}

type PooledClient = PgClient & { release(error?: unknown): void }

/** The settings are local: they end with the transaction, before others get the connection. */
async function readInTransaction<R>(
  pool: PgPool,
  use: (query: ReadQuery) => Promise<R>,
  timeoutSeconds: number,
): Promise<R> {
  const client = (await asRecordedCall(() => pool.connect())) as PooledClient
  const query = async (text: string): Promise<unknown[][]> => {
    const result = await asRecordedCall(() => client.query({ text, rowMode: 'array' }))
    return (result as { readonly rows: unknown[][] }).rows
  }
  let broken: unknown
  try {
    await query('BEGIN READ ONLY')
    await query(`SET LOCAL statement_timeout = ${Math.round(timeoutSeconds * 1000)}`)
    return await use(query)
  } finally {
    await query('ROLLBACK').catch((error: unknown) => {
      broken = error
    })
    // A connection whose transaction may be open must not be used again.
    client.release(broken)
  }
}
