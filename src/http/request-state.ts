import { processState } from '../support/process-state.ts'
import type { Application, Route } from './route/express-router.ts'

/** The properties that Express sets on a request when it matches a route. */
export interface Match {
  readonly route?: Route | undefined
  /** The part of the path that mounted routers and applications matched, as the client wrote it. */
  readonly baseUrl?: string | undefined
  readonly app?: Application | undefined
}

/** The properties as they were when the route was set, or as found on a request that had one already. */
export interface NotedMatch extends Match {
  readonly isFound: boolean
}

/** What this package notes about a request. */
export interface RequestState {
  /** Whether a listener counts and times it. */
  isCounted: boolean
  /** Whether a listener has opened its scopes. */
  isScoped: boolean
  /** The argument of `setRoute`. */
  template: string | undefined
  /** The route that Express has matched last. */
  match: NotedMatch | undefined
}

// Symbol.for: a request may pass several listeners, of several copies of the package.
// The number is the version of the layout, which copies of different versions must not share.
const stateKey: unique symbol = Symbol.for('prisma-prometheus.request-state.1')

type StatedRequest = { readonly [stateKey]?: RequestState }

// Only for these: a property is faster, and V8's minor garbage collections keep all values of a `WeakMap`.
const ofSealedRequests = processState(
  'sealed-requests',
  1,
  () => new WeakMap<object, RequestState>(),
)

/** The state of a request, which the first call adds to it. */
export function stateOf(req: object): RequestState {
  const existing = knownState(req)
  if (existing !== undefined) return existing
  const state: RequestState = {
    isCounted: false,
    isScoped: false,
    template: undefined,
    match: undefined,
  }
  const isAdded = Reflect.defineProperty(req, stateKey, { value: state, configurable: true })
  if (!isAdded) ofSealedRequests.set(req, state)
  return state
}

/** The state of a request, or of the request that an object inherits from; undefined if it has none. */
export function knownState(req: object): RequestState | undefined {
  return (
    (req as StatedRequest)[stateKey] ??
    (Object.isExtensible(req) ? undefined : ofSealedRequests.get(req))
  )
}

/** The state that was added to this very object, or to the target of a proxy. */
export function ownState(req: object): RequestState | undefined {
  return Object.hasOwn(req, stateKey) ? (req as StatedRequest)[stateKey] : undefined
}
