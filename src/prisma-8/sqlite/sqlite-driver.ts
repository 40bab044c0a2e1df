/** The driver of `@prisma/orm-sqlite`, as far as this package touches it. Found in 8.0.0-rc.13. */

export interface SqliteRequest {
  readonly sql: string
  readonly params?: readonly unknown[]
}

/** The rows of a query, which runs when the first one is asked for. */
export interface SqliteRowIterator {
  next(): Promise<IteratorResult<unknown>>
  return?(value?: unknown): Promise<IteratorResult<unknown>>
}

export interface SqliteQueryable {
  readonly query: (request: SqliteRequest) => { [Symbol.asyncIterator](): SqliteRowIterator }
  readonly execute: (request: SqliteRequest) => Promise<{ readonly affectedRows: number }>
  /** That of a connection: a `DatabaseSync` of `node:sqlite`. */
  readonly db?: { readonly isTransaction?: boolean }
}

export interface SqliteTransaction extends SqliteQueryable {
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
}

/** A connection that belongs to its caller. */
export interface SqliteConnection extends SqliteQueryable {
  readonly beginTransaction: () => Promise<SqliteTransaction>
  readonly release: () => Promise<void>
  readonly destroy: (reason?: unknown) => Promise<void>
}

/** A driver, whose own statements share one connection. */
export interface SqliteDriver extends SqliteQueryable {
  /** `connected` while it can be used. */
  readonly state?: string
  readonly acquireConnection: () => Promise<SqliteConnection>
}

export function isSqliteDriver(value: object): value is SqliteDriver {
  return ['query', 'execute', 'acquireConnection'].every(
    (name) => typeof Reflect.get(value, name) === 'function',
  )
}
