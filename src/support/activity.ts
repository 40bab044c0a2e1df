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
}

export interface ActivityListener {
  /** The duration from which an operation is slow, unless the client sets `slowOperation.seconds`. */
  readonly slowSeconds: number
  operation(operation: NotedOperation): void
  suspect(suspect: NotedSuspect): void
  scopeEnded(scope: EndedScope): void
}

/** The part of an instrumentation that reports single operations, while somebody listens. */
export interface ActivitySource {
  readonly client: string
  /** Starts the reports. Returns a function that ends them. */
  listen(listener: ActivityListener): () => void
  /** The operations in progress that started while somebody listened, the oldest first. */
  operationsInProgress(): readonly OperationInProgress[]
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
