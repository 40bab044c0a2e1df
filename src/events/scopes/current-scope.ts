import { AsyncLocalStorage } from 'node:async_hooks'
import {
  currentRequest,
  type OpenRequest,
  type ScopeTracker,
} from '../../metrics/scope-trackers.ts'
import type { ActiveScope } from './active-scope.ts'
import { RequestScope } from './request-scope.ts'

/** The innermost scope of the running code: that of `metrics.scope`, or of the request. */
export class CurrentScope {
  readonly #storage = new AsyncLocalStorage<ActiveScope>()
  readonly #tracker: ScopeTracker
  readonly #open: (request: OpenRequest, outer: ActiveScope | undefined) => ActiveScope

  /** @param open opens the scope of a request inside another one, when it is first needed. */
  constructor(
    tracker: ScopeTracker,
    open: (request: OpenRequest, outer: ActiveScope | undefined) => ActiveScope,
  ) {
    this.#tracker = tracker
    this.#open = open
  }

  /** The current scope; undefined if it has ended. */
  get value(): ActiveScope | undefined {
    return running(this.#innermost(this.#storage.getStore(), currentRequest()))
  }

  run<R>(scope: ActiveScope, fn: () => R): R {
    return this.#storage.run(scope, fn)
  }

  /** Opens the scope of a request that has not begun to run. */
  open(request: OpenRequest): void {
    this.#openIn(request, this.#storage.getStore())
  }

  #innermost(
    scope: ActiveScope | undefined,
    request: OpenRequest | undefined,
  ): ActiveScope | undefined {
    // The scope began in the request, or there is no request.
    if (request === undefined || request === scope?.request) return scope
    const opened = request.scopeOf(this.#tracker)
    if (opened instanceof RequestScope) return opened.active
    if (!request.isOf(this.#tracker)) return this.#innermost(scope, request.outer)
    return request.ended ? undefined : this.#openIn(request, scope)
  }

  #openIn(request: OpenRequest, around: ActiveScope | undefined): ActiveScope {
    return this.#open(request, running(this.#innermost(around, request.outer)))
  }
}

function running(scope: ActiveScope | undefined): ActiveScope | undefined {
  return scope?.ended === true ? undefined : scope
}
