/**
 * Connects a reader of single operations and scopes (the live page) with the instrumentations that see
 * them. Both know the registry; neither knows the other. Nothing here holds a value of an argument.
 */

/** An operation in progress. */
export interface OperationInProgress {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  readonly ageSeconds: number
  /** The scope of the call; undefined outside scopes. */
  readonly scope: string | undefined
}

/** A transaction that is open and holds its connection. */
export interface TransactionInProgress {
  readonly scope: string
  readonly ageSeconds: number
  /** The part of `ageSeconds` in which no statement ran. */
  readonly idleSeconds: number
  readonly lastOperation:
    | { readonly model: string; readonly operation: string; readonly ageSeconds: number }
    | undefined
  /** The last statement that was sent, without literals and comments. */
  readonly lastStatement: string | undefined
  /** The application's stack frames of the call of `$transaction`, one per line. */
  readonly stack: string | undefined
}

/** An operation that was slow or has failed. */
export interface NotedOperation {
  readonly model: string
  readonly operation: string
  readonly durationSeconds: number
  /** The `code` label of a failed operation; undefined for one that was slow. */
  readonly code: string | undefined
  /** The structure of the arguments, or the SQL, without values. */
  readonly fingerprint: string
  /** The application's stack frames of the call, one per line. */
  readonly stack: string | undefined
  readonly scope: string | undefined
  /** The id of the active trace, if it is sampled. */
  readonly traceId: string | undefined
}

/** An operation that one run of a scope has repeated with different values only. */
export interface NotedSuspect {
  readonly scope: string
  readonly model: string
  readonly operation: string
  readonly fingerprint: string
  readonly count: number
  readonly stack: string | undefined
}

/** A run of a scope that has ended. */
export interface EndedScope {
  readonly scope: string
  readonly succeeded: boolean
  readonly durationSeconds: number
  readonly operations: number
  /** Committed rows that it wrote. */
  readonly rows: number
}

export interface ActivityListener {
  /** The duration from which an operation is slow, unless the client sets `slowOperation.seconds`. */
  readonly slowSeconds: number
  operation(operation: NotedOperation): void
  suspect(suspect: NotedSuspect): void
  scopeEnded(scope: EndedScope): void
}

/** Runs queries that nobody counts, read only. */
export type ReadQuery = (sql: string) => Promise<readonly (readonly unknown[])[]>

/** Access to the database of a client, for a reader who asks for it. */
export interface DatabaseAccess {
  /** `postgres`, `mysql`, `sqlite` or another provider. */
  readonly provider: string
  /**
   * Runs `use` with one connection, in a read-only transaction whose statements end after
   * `timeoutSeconds` if the database can do that.
   */
  read<R>(use: (query: ReadQuery) => Promise<R>, timeoutSeconds: number): Promise<R>
  /** The model of a table, or the table's own name. */
  modelOf(table: string, schema: string | undefined): string
  /** The SQL without literals and comments. */
  fingerprintOf(sql: string): string
}

/** The part of an instrumentation that reports single operations, while somebody listens. */
export interface ActivitySource {
  readonly client: string
  /** Starts the reports. Returns a function that ends them. */
  listen(listener: ActivityListener): () => void
  /** The operations in progress that started while somebody listened, the oldest first. */
  operationsInProgress(): readonly OperationInProgress[]
  /** The open transactions, which hold connections. */
  transactionsInProgress(): readonly TransactionInProgress[]
  /** Undefined if the client has not connected through an instrumented driver, or no connection is free. */
  database(): DatabaseAccess | undefined
}

// The number is the version of the layout, which copies of different versions must not share.
const sourcesKey = Symbol.for('prisma-prometheus.activity-sources.1')

type ObservedRegistry = { [sourcesKey]?: Map<string, ActivitySource> }

/** Adds `source` to a registry. It replaces an earlier one of the same key. */
export function attachActivity(registry: object, key: string, source: ActivitySource): void {
  const observed = registry as ObservedRegistry
  observed[sourcesKey] ??= new Map()
  observed[sourcesKey].set(key, source)
}

/** Removes `source` from a registry, unless another one has replaced it. */
export function detachActivity(registry: object, key: string, source: ActivitySource): void {
  const sources = (registry as ObservedRegistry)[sourcesKey]
  if (sources?.get(key) === source) sources.delete(key)
}

/** The sources of a registry. */
export function activitySourcesOf(registry: object): readonly ActivitySource[] {
  return [...((registry as ObservedRegistry)[sourcesKey]?.values() ?? [])]
}
