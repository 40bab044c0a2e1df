import { processState } from '../support/process-state.ts'

/**
 * How those who start units of work find the instrumentations that measure them: both know the
 * registry, and neither knows the other.
 */

/** One unit of work that is going on: a request, a job. */
export interface OpenScope {
  /** True once an operation of the instrumented client has begun in it. */
  readonly used: boolean
  /** Runs `fn`, and all that follows from it, as part of this work. */
  run<R>(fn: () => R): R
  /** Ends and records it, under the name that it is known by now. Only the first call counts. */
  end(name: string, succeeded: boolean): void
}

/** What was called while a probe was open. */
export interface CapturedOperations {
  /** Operations by model (`$raw` for raw ones) and name, the most frequent first. */
  readonly calls: readonly {
    readonly model: string
    readonly operation: string
    readonly count: number
  }[]
  /** Calls that one unit of work repeated with other values only, as often as the threshold or more. */
  readonly repeated: readonly {
    readonly model: string
    readonly operation: string
    readonly shape: string
    readonly count: number
    readonly stack: string | undefined
  }[]
}

/** Sees every operation of a client from its opening to its closing, wherever it comes from. */
export interface OpenCapture {
  /** What `fn` does outside of any unit of work belongs to the probe's own. */
  run<R>(fn: () => R): R
  close(): CapturedOperations
}

/** One instrumentation, as far as it measures units of work. */
export interface ScopeTracker {
  open(): OpenScope
  /** @param threshold of the repeated calls that are asked for. */
  probe(threshold: number): OpenCapture
}

// Symbol.for: a bundler or a hot reload may load this module twice, on one registry.
const metersKey = Symbol.for('prisma-prometheus.work-meters')

type Metered = { [metersKey]?: Map<string, ScopeTracker> }

/** Makes `meter` one of its registry's, in the place of an earlier one with the same key. */
export function attachTracker(registry: object, key: string, meter: ScopeTracker): void {
  const metered = registry as Metered
  if (metered[metersKey] === undefined) instrumented.add(new WeakRef(registry))
  metered[metersKey] ??= new Map()
  metered[metersKey].set(key, meter)
}

const instrumented = processState('instrumented-registries', 1, () => new Set<WeakRef<object>>())

/** The registries in this process that hold the metrics of a Prisma client. */
export function instrumentedRegistries(): object[] {
  return [...instrumented].flatMap((reference) => {
    const registry = reference.deref()
    if (registry === undefined) instrumented.delete(reference)
    return registry ?? []
  })
}

/** The meters of a registry at this moment. */
export function trackersOf(registry: object): readonly ScopeTracker[] {
  const meters = (registry as Metered)[metersKey]
  return meters === undefined ? [] : [...meters.values()]
}

/** Runs `fn` inside all of them, the first one outermost. */
export function runInside<R>(open: readonly { run<T>(fn: () => T): T }[], fn: () => R): R {
  return open.reduceRight<() => R>((inner, each) => () => each.run(inner), fn)()
}
