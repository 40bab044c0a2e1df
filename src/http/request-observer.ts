import type { Detail } from '../metrics/detail.ts'
import type { HistogramForm } from '../metrics/histogram.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { ObservedRequest, type ObservedRequestOptions } from './observed-request.ts'
import { RequestMetrics } from './request-metrics.ts'
import { stateOf } from './request-state.ts'

export interface RequestObserverOptions extends Pick<ObservedRequestOptions, 'report'> {
  /** The request metrics go into the first one; the scopes are those of all of them. */
  readonly registries: readonly [MetricRegistry, ...object[]]
  readonly detail: Detail
  readonly http: boolean
  readonly scopes: boolean
  readonly histograms: HistogramForm
}

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
  begin(key: object, method: string, route?: () => unknown): ObservedRequest | undefined {
    try {
      return this.#begin(key, method, route)
    } catch (error) {
      this.#options.report(error)
      return undefined
    }
  }

  #begin(key: object, method: string, route?: () => unknown): ObservedRequest | undefined {
    const { http, scopes, registries, report } = this.#options
    const state = stateOf(key)
    const isTiming = http && !state.isCounted
    const isScoping = scopes && !state.isScoped
    if (!isTiming && !isScoping) return undefined
    const request = new ObservedRequest({ key, method: knownMethod(method), route, report })
    if (isTiming) {
      state.isCounted = true
      request.time(this.#metrics)
    }
    if (isScoping) {
      request.openScope(registries)
      state.isScoped = request.scope !== undefined
    }
    return request.isObserved ? request : undefined
  }
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
