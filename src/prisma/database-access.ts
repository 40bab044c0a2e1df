import { exactNames, type ModelNames } from '../database/model-names.ts'
import { asRecordedCall } from '../database/pool/recorded-calls.ts'
import type { DatabaseAccess, ReadQuery } from '../support/activity.ts'
import type { SqlDriverAdapter, SqlQueryable } from './driver-adapter.ts'

/** The access to a client's database through one of its adapters, which is not instrumented. */
export function databaseAccess(
  adapter: SqlDriverAdapter | undefined,
  models: ModelNames,
): Omit<DatabaseAccess, 'fingerprintOf'> | undefined {
  if (adapter === undefined) return undefined
  return {
    provider: adapter.provider,
    read: (use, timeoutSeconds) =>
      adapter.provider === 'postgres'
        ? readInTransaction(adapter, use, timeoutSeconds)
        : use(queryOf(adapter)),
    modelOf: (table, schema) => models.resolve(table, schema, exactNames) ?? table,
  }
}

function queryOf(connection: SqlQueryable): ReadQuery {
  return async (sql) => {
    const query = { sql, args: [], argTypes: [] }
    const { rows } = await asRecordedCall(() => connection.queryRaw(query))
    return rows
  }
}

/** The settings are local: they end with the transaction, before others get the connection. */
async function readInTransaction<R>(
  adapter: SqlDriverAdapter,
  use: (query: ReadQuery) => Promise<R>,
  timeoutSeconds: number,
): Promise<R> {
  const transaction = await asRecordedCall(() => adapter.startTransaction())
  const execute = (sql: string): Promise<number> =>
    asRecordedCall(() => transaction.executeRaw({ sql, args: [], argTypes: [] }))
  try {
    await execute('SET TRANSACTION READ ONLY')
    await execute(`SET LOCAL statement_timeout = ${Math.round(timeoutSeconds * 1000)}`)
    return await use(queryOf(transaction))
  } finally {
    // Adapters release the connection after the statement, which Prisma sends itself.
    await execute('ROLLBACK').finally(() => transaction.rollback())
  }
}
