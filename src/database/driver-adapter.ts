/**
 * The shape of Prisma's driver adapters, as far as this package touches it. Structural, so that it
 * fits every version of `@prisma/driver-adapter-utils` without depending on one.
 * https://github.com/prisma/prisma/blob/main/packages/driver-adapter-utils/src/types.ts
 */

export interface SqlQuery {
  readonly sql: string
  readonly args: unknown[]
  readonly argTypes: unknown[]
}

export interface SqlResultSet {
  readonly columnNames: string[]
  readonly rows: unknown[][]
  readonly lastInsertId?: string | undefined
}

interface AdapterInfo {
  readonly provider: string
  readonly adapterName: string
}

export interface SqlQueryable extends AdapterInfo {
  queryRaw(query: never): Promise<SqlResultSet>
  executeRaw(query: never): Promise<number>
}

export interface Transaction extends SqlQueryable {
  commit(): Promise<void>
  rollback(): Promise<void>
  createSavepoint?(name: string): Promise<void>
  rollbackToSavepoint?(name: string): Promise<void>
  releaseSavepoint?(name: string): Promise<void>
}

export interface SqlDriverAdapter extends SqlQueryable {
  startTransaction(isolationLevel?: never): Promise<Transaction>
  dispose(): Promise<void>
  /** Of all but SQLite's adapters: the schema they were given, on MySQL the database. */
  getConnectionInfo?(): { readonly schemaName?: string | undefined }
  /** Of pg, mariadb, mssql, neon and planetscale: the driver's own pool or client. */
  underlyingDriver?(): unknown
}

/** What `metrics.adapter` takes: a `PrismaPg`, a `PrismaMariaDb` and their like. */
export interface SqlDriverAdapterFactory extends AdapterInfo {
  connect(): Promise<SqlDriverAdapter>
}

/**
 * False for Cloudflare D1, which has no transactions: its adapter runs each statement by itself, and
 * its commit() and rollback() do nothing (https://pris.ly/d/d1-transactions).
 */
export function isTransactional(adapterName: string): boolean {
  return !adapterName.startsWith('@prisma/adapter-d1')
}
