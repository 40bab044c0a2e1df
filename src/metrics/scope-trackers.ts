import { processState } from '../support/process-state.ts'

/**
 * Connects code that starts scopes (requests, tests) with the instrumentations that measure them. Both
 * know the registry; neither knows the other.
 */

/** A scope that has not ended: a request, a job. */
export interface OpenScope {
  /** True as soon as an operation of the instrumented client has started in the scope. */
  readonly used: boolean
  /** Runs `fn`, and its asynchronous continuations, in the scope. */
  run<R>(fn: () => R): R
  /** Ends the scope and records it under `name`. Further calls do nothing. */
  end(name: string, succeeded: boolean): void
  /** Ends the scope without recording it. */
  abandon(): void
}

/** The operations that were called while a capture was open. */
export interface CapturedOperations {
  /** Calls by model (`$raw` for raw operations) and operation, the most frequent first. */
  readonly calls: readonly {
    readonly model: string
    readonly operation: string
    readonly count: number
  }[]
  /** Calls that one scope repeated with different values only, at least as often as the threshold. */
  readonly repeated: readonly {
    readonly model: string
    readonly operation: string
    readonly fingerprint: string
    readonly count: number
    readonly stack: string | undefined
  }[]
}

/** Records every operation of a client until it is closed, in any scope. */
export interface OpenCapture {
  /** Runs `fn` in the capture's own scope. */
  run<R>(fn: () => R): R
  close(): CapturedOperations
}

/** The part of an instrumentation that measures scopes. */
export interface ScopeTracker {
  /**
   * @param name returns the name that the scope would have if it ended now, for scopes in flight;
   * undefined while the scope is not to be counted. `used` is that of the scope.
   */
  open(name: (used: boolean) => string | undefined): OpenScope
  /** @param threshold the minimum number of calls that are reported as repeated. */
  capture(threshold: number): OpenCapture
}

// Symbol.for: a bundler or a hot reload may load this module twice, on one registry.
// The number is the version of the layout, which copies of different versions must not share.
const trackersKey = Symbol.for('prisma-prometheus.scope-trackers.3')

type TrackedRegistry = { [trackersKey]?: Map<string, ScopeTracker> }

/** Adds `tracker` to a registry. It replaces an earlier one of the same key. */
export function attachTracker(registry: object, key: string, tracker: ScopeTracker): void {
  const tracked = registry as TrackedRegistry
  if (tracked[trackersKey] === undefined) instrumented.add(new WeakRef(registry))
  tracked[trackersKey] ??= new Map()
  tracked[trackersKey].set(key, tracker)
}

/** Removes `tracker` from a registry, unless another one has replaced it. */
export function detachTracker(registry: object, key: string, tracker: ScopeTracker): void {
  const trackers = (registry as TrackedRegistry)[trackersKey]
  if (trackers?.get(key) === tracker) trackers.delete(key)
}

const instrumented = processState('instrumented-registries', 1, () => new Set<WeakRef<object>>())

/** Returns the registries in this process that hold the metrics of a Prisma client. */
export function instrumentedRegistries(): object[] {
  return [...instrumented].flatMap((reference) => {
    const registry = reference.deref()
    if (registry === undefined) instrumented.delete(reference)
    return registry ?? []
  })
}

/** Returns the trackers of a registry. */
export function trackersOf(registry: object): readonly ScopeTracker[] {
  const trackers = (registry as TrackedRegistry)[trackersKey]
  return trackers === undefined ? [] : [...trackers.values()]
}

/** Runs `fn` inside all of `open`, the first one outermost. */
export function runInside<R>(open: readonly { run<T>(fn: () => T): T }[], fn: () => R): R {
  return open.reduceRight<() => R>((inner, each) => () => each.run(inner), fn)()
}
