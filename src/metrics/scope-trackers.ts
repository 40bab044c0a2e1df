import { AsyncLocalStorage } from 'node:async_hooks'
import { processState } from '../support/process-state.ts'

/**
 * Connects code that starts scopes (requests, tests) with the instrumentations that measure them. Both
 * know the registry; neither knows the other.
 */

/** A scope that has not ended: a request, a job. */
export interface OpenScope {
  /** True as soon as an operation of the instrumented client has started in the scope. */
  readonly used: boolean
  /** Runs `fn`, with which code of the scope begins. */
  run<R>(fn: () => R): R
  /**
   * Ends the scope and records it under `name`. Further calls do nothing.
   *
   * @param isStream true for a stream of events, which may repeat its operations.
   */
  end(name: string, succeeded: boolean, isStream: boolean): void
  /** Ends the scope without recording it. */
  abandon(): void
}

interface OpenedScope {
  readonly tracker: ScopeTracker
  readonly scope: OpenScope
}

/** The operations that were called while a capture was open. */
export interface CapturedOperations {
  /** Calls by model (`$raw` for raw operations) and operation, the most frequent first. */
  readonly calls: readonly {
    readonly model: string
    readonly operation: string
    readonly count: number
  }[]
  /** Calls that one scope repeated with the same structure of arguments, at least as often as the threshold. */
  readonly repeated: readonly {
    readonly model: string
    readonly operation: string
    readonly fingerprint: string
    readonly count: number
    /** `identical` if all calls had the same arguments, values included. */
    readonly kind: 'loop' | 'identical'
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
  /** Identifies the instrumentation on its registry. */
  readonly key: string
  /** Opens the tracker's scope of a request that has not begun to run. */
  open(request: OpenRequest): void
  /** @param threshold the minimum number of calls that are reported as repeated. */
  capture(threshold: number, rejects?: boolean): OpenCapture
}

// Symbol.for: a bundler or a hot reload may load this module twice, on one registry.
// The number is the version of the layout, which copies of different versions must not share.
const trackersKey = Symbol.for('prisma-prometheus.scope-trackers.5')

type TrackedRegistry = { [trackersKey]?: Map<string, ScopeTracker> }

/** Adds `tracker` to a registry. It replaces an earlier one of the same key. */
export function attachTracker(registry: object, tracker: ScopeTracker): void {
  const tracked = registry as TrackedRegistry
  if (tracked[trackersKey] === undefined) instrumented.add(new WeakRef(registry))
  tracked[trackersKey] ??= new Map()
  tracked[trackersKey].set(tracker.key, tracker)
}

/** Removes `tracker` from a registry, unless another one has replaced it. */
export function detachTracker(registry: object, tracker: ScopeTracker): void {
  if (isAttached(registry, tracker)) (registry as TrackedRegistry)[trackersKey]?.delete(tracker.key)
}

function isAttached(registry: object, tracker: ScopeTracker): boolean {
  return (registry as TrackedRegistry)[trackersKey]?.get(tracker.key) === tracker
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

/** Returns the number of trackers of a registry. */
export function trackerCount(registry: object): number {
  return (registry as TrackedRegistry)[trackersKey]?.size ?? 0
}

// Raise the layout with that of the trackers.
const requests = processState('request-scopes', 2, () => new AsyncLocalStorage<OpenRequest>())

/** Returns the request in which the running code runs, even if it has ended. */
export function currentRequest(): OpenRequest | undefined {
  return requests.getStore()
}

/**
 * A request in progress. An instrumentation opens its scope in the request when it first needs it, so that
 * a request costs the same however many instrumentations the registries have.
 */
export class OpenRequest {
  /** By `performance.now()`. */
  readonly started: number = performance.now()
  /** The name that the request has so far. */
  readonly name: () => string
  /** Whether its scopes are recorded even if they are not used. */
  readonly recordsUnused: boolean
  readonly #registries: readonly object[]
  /**
   * Kept here and not in a `WeakMap` of each tracker: V8's minor garbage collections keep all values of
   * such a map, so every request would be moved to the old generation.
   */
  readonly #scopes: OpenedScope[] = []
  #outer: OpenRequest | undefined = currentRequest()
  #ended = false

  constructor(registries: readonly object[], name: () => string, recordsUnused: boolean) {
    this.#registries = registries
    this.name = name
    this.recordsUnused = recordsUnused
  }

  /** The request in which this one has begun; undefined after the end. */
  get outer(): OpenRequest | undefined {
    return this.#outer
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether the tracker belongs to one of the request's registries. */
  isOf(tracker: ScopeTracker): boolean {
    return this.#registries.some((registry) => isAttached(registry, tracker))
  }

  /** Adds the scope of a tracker, which ends with the request. */
  opened(tracker: ScopeTracker, scope: OpenScope): void {
    this.#scopes.push({ tracker, scope })
  }

  /** Returns the scope of a tracker; undefined before it is opened, and after the end. */
  scopeOf(tracker: ScopeTracker): OpenScope | undefined {
    for (const opened of this.#scopes) if (opened.tracker === tracker) return opened.scope
    return undefined
  }

  /** Runs `fn`, and its asynchronous continuations, in the request. */
  run<R>(fn: () => R): R {
    const inside = this.#scopes.reduce<() => R>(
      (inner, { scope }) =>
        () =>
          scope.run(inner),
      fn,
    )
    return requests.run(this, inside)
  }

  /**
   * Ends the request and its scopes.
   *
   * @param isStream true for a stream of events.
   */
  end(name: string, succeeded: boolean, isStream: boolean): void {
    this.#ended = true
    this.#outer = undefined
    for (const { scope } of this.#scopes.splice(0)) {
      if (this.recordsUnused || scope.used) scope.end(name, succeeded, isStream)
      else scope.abandon()
    }
  }
}

/** Runs `fn` inside all of `open`, the first one outermost. */
export function runInside<R>(open: readonly { run<T>(fn: () => T): T }[], fn: () => R): R {
  return open.reduceRight<() => R>((inner, each) => () => each.run(inner), fn)()
}
