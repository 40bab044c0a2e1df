import { ignoreRejection } from '../metrics/error-reporter.ts'
import type { Detail } from '../metrics/detail.ts'
import type { HistogramForm } from '../metrics/histogram.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { processState } from '../support/process-state.ts'
import { expectThat } from '../support/validate.ts'
import { matchedRoute } from './route/matched-route.ts'
import { RequestMetrics } from './request-metrics.ts'
import { openRequestScope, type RequestScope } from './request-scopes.ts'

export interface RequestObserverOptions {
  /** The request metrics go into the first one; the scopes are those of all of them. */
  readonly registries: readonly [MetricRegistry, ...object[]]
  readonly detail: Detail
  readonly http: boolean
  readonly scopes: boolean
  readonly histograms: HistogramForm
  /** Receives errors of the instrumentation and of the `route` option. */
  readonly report: (error: unknown) => void
}

/** A request that is being observed. */
export interface ObservedRequest {
  readonly scope: RequestScope | undefined
  /**
   * Ends it. Only the first call counts.
   *
   * @param status empty if no status was sent
   * @param isStream true for a stream of events, which may repeat its operations
   */
  end(status: string, succeeded: boolean, isStream?: boolean): void
}

// Requests may pass several listeners, of several copies of the package.
const counted = processState('counted-requests', 1, () => new WeakSet<object>())
const scoped = processState('scoped-requests', 1, () => new WeakSet<object>())

/** Counts, times and scopes the application's requests, on any server. */
export class RequestObserver {
  readonly #options: RequestObserverOptions
  readonly #metrics: RequestMetrics

  constructor(options: RequestObserverOptions) {
    this.#options = options
    this.#metrics = new RequestMetrics(options.registries[0], options)
  }

  /** @throws {Error} if another metric in the registry has the name of a request metric. */
  register(): void {
    if (this.#options.http) this.#metrics.register()
  }

  /**
   * Begins to observe a request. Never throws.
   *
   * @param key the object that identifies the request: each is counted once
   * @param route the `route` option, called at the end
   * @returns undefined if there is nothing to observe
   */
  begin(key: object, method: string, route: () => unknown): ObservedRequest | undefined {
    const { http, scopes, registries } = this.#options
    const known = knownMethod(method)
    const counting =
      http && isFirst(counted, key) ? this.#guard(() => this.#metrics.begin(known)) : undefined
    const scope =
      scopes && !scoped.has(key)
        ? this.#guard(() => openRequestScope(registries, () => nameOf(known, routeNow(key, route))))
        : undefined
    if (scope !== undefined) scoped.add(key)
    if (counting === undefined && scope === undefined) return undefined
    let isEnded = false
    const end = (status: string, succeeded: boolean, isStream = false): void => {
      if (isEnded) return
      isEnded = true
      const template = this.#routeOf(key, route)
      this.#guard(() => counting?.(template, status))
      this.#guard(() => scope?.end(nameOf(known, template), succeeded, isStream))
    }
    return { scope, end }
  }

  /** The template of the matched route; empty if it is unknown. */
  #routeOf(key: object, route: () => unknown): string {
    const named = this.#guard(() => {
      const returned = route()
      ignoreRejection(returned)
      const isTemplate = typeof returned === 'string' || returned === undefined
      expectThat('route()', isTemplate, 'a string or undefined, and no promise', returned)
      return returned
    })
    return named ?? this.#guard(() => matchedRoute(key)) ?? ''
  }

  #guard<R>(fn: () => R): R | undefined {
    try {
      return fn()
    } catch (error) {
      this.#options.report(error)
      return undefined
    }
  }
}

/** The name of a request's scope. */
function nameOf(method: string, template: string): string {
  return template === '' ? method : `${method} ${template}`
}

/** The template of a request in progress; empty if it is not known yet. Errors are reported at the end. */
function routeNow(key: object, route: () => unknown): string {
  try {
    const returned = route()
    ignoreRejection(returned)
    return typeof returned === 'string' ? returned : (matchedRoute(key) ?? '')
  } catch {
    return ''
  }
}

function isFirst(seen: WeakSet<object>, key: object): boolean {
  if (seen.has(key)) return false
  seen.add(key)
  return true
}

/** The methods of HTTP; a client could send any word. */
const knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
])

function knownMethod(method: string): string {
  return knownMethods.has(method) ? method : '_OTHER'
}
