/**
 * The members of Prisma's driver adapters that this package uses, as structural types: they fit every
 * version of `@prisma/driver-adapter-utils` without a dependency on one. They are methods, whose
 * parameters TypeScript compares bivariantly, so an adapter that accepts a narrower query fits.
 * https://github.com/prisma/prisma/blob/main/packages/driver-adapter-utils/src/types.ts
 */

export interface SqlQuery {
  readonly sql: string
  readonly args: unknown[]
  readonly argTypes: unknown[]
}

export interface SqlResultSet {
  readonly columnNames: string[]
  readonly columnTypes?: unknown[]
  readonly rows: unknown[][]
  readonly lastInsertId?: string | undefined
}

interface AdapterInfo {
  readonly provider: string
  readonly adapterName: string
}

export interface SqlQueryable extends AdapterInfo {
  queryRaw(query: SqlQuery): Promise<SqlResultSet>
  executeRaw(query: SqlQuery): Promise<number>
}

export interface Transaction extends SqlQueryable {
  /** `usePhantomQuery` is false if Prisma sends COMMIT as a statement before it calls `commit`. */
  readonly options?: { readonly usePhantomQuery?: boolean }
  commit(): Promise<void>
  rollback(): Promise<void>
  createSavepoint?(name: string): Promise<void>
  rollbackToSavepoint?(name: string): Promise<void>
  releaseSavepoint?(name: string): Promise<void>
}

export interface SqlDriverAdapter extends SqlQueryable {
  startTransaction(isolationLevel?: unknown): Promise<Transaction>
  dispose(): Promise<void>
  /** The schema of the adapter, or the database on MySQL; undefined for adapters of SQLite. */
  getConnectionInfo?(): { readonly schemaName?: string | undefined }
  /** The pool or client of the driver. The adapters of pg, mariadb, mssql, neon and planetscale have it. */
  underlyingDriver?(): unknown
}

/** The argument of `metrics.adapter`: `new PrismaPg(…)`, `new PrismaMariaDb(…)`. */
export interface SqlDriverAdapterFactory extends AdapterInfo {
  connect(): Promise<SqlDriverAdapter>
}

/**
 * False for Cloudflare D1, which has no transactions: its adapter runs each statement separately, and
 * its commit() and rollback() do nothing (https://pris.ly/d/d1-transactions).
 */
export function isTransactional(adapterName: string): boolean {
  return !adapterName.startsWith('@prisma/adapter-d1')
}
