import { ignoreRejection } from '../metrics/error-reporter.ts'
import { expectThat } from '../support/validate.ts'
import { matchedRoute } from './route/matched-route.ts'
import type { RequestMetrics, TimedRequest } from './request-metrics.ts'
import { openRequestScope, type RequestScope } from './request-scopes.ts'

export interface ObservedRequestOptions {
  /** The object that identifies the request. */
  readonly key: object
  readonly method: string
  /** The `route` option, called at the end. */
  readonly route: (() => unknown) | undefined
  /** Receives errors of the instrumentation and of the `route` option. */
  readonly report: (error: unknown) => void
}

/** A request that is being observed. Its methods never throw. */
export class ObservedRequest {
  readonly #options: ObservedRequestOptions
  #timed: TimedRequest | undefined
  #scope: RequestScope | undefined
  #isEnded = false

  constructor(options: ObservedRequestOptions) {
    this.#options = options
  }

  get scope(): RequestScope | undefined {
    return this.#scope
  }

  /** Whether there is anything to end. */
  get isObserved(): boolean {
    return this.#timed !== undefined || this.#scope !== undefined
  }

  /** Begins to time it. */
  time(metrics: RequestMetrics): void {
    this.#timed = this.#guard(() => metrics.begin(this.#options.method))
  }

  /** Opens its scope in the instrumentation of the registries, if there is any. */
  openScope(registries: readonly object[]): void {
    this.#scope = this.#guard(() =>
      // The end reports the errors of the `route` option.
      openRequestScope(registries, () => this.#nameOf(this.#template(withoutErrors))),
    )
  }

  /**
   * Ends it. Only the first call counts.
   *
   * @param status empty if no status was sent
   * @param isStream true for a stream of events, which may repeat its operations
   */
  end(status: string, succeeded: boolean, isStream = false): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const template = this.#template((fn) => this.#guard(fn))
    const timed = this.#timed
    const scope = this.#scope
    if (timed !== undefined) this.#guard(() => timed.end(template, status))
    if (scope !== undefined) {
      this.#guard(() => scope.end(this.#nameOf(template), succeeded, isStream))
    }
  }

  /** The template of the matched route; empty if it is not known, or not yet. */
  #template(guard: <R>(fn: () => R) => R | undefined): string {
    const { key, route } = this.#options
    const named = route === undefined ? undefined : guard(() => templateFrom(route))
    return named ?? guard(() => matchedRoute(key)) ?? ''
  }

  /** The name of the scope. */
  #nameOf(template: string): string {
    const { method } = this.#options
    return template === '' ? method : `${method} ${template}`
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

function templateFrom(route: () => unknown): string | undefined {
  const returned = route()
  ignoreRejection(returned)
  const isTemplate = typeof returned === 'string' || returned === undefined
  expectThat('route()', isTemplate, 'a string or undefined, and no promise', returned)
  return returned
}

function withoutErrors<R>(fn: () => R): R | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}
