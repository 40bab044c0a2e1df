import type { Application, Route } from './express-router.ts'

/** What Express has on a request when it has matched a route. */
interface Match {
  readonly route?: Route | undefined
  /** The part of the path that mounted routers and applications took, as the client wrote it. */
  readonly baseUrl?: string | undefined
  readonly app?: Application | undefined
}

/** As they were together, or as found: a route that was matched earlier can have been left since. */
export interface NotedMatch extends Match {
  readonly isFound: boolean
}

interface RoutedRequest extends Match {
  readonly [lastMatch]?: NotedMatch
}

const lastMatch: unique symbol = Symbol('prisma-prometheus: the route that was matched last')

// One pair of functions for all requests: with functions of their own, V8 would make each of them slow.
const unassigned: PropertyDescriptor & ThisType<RoutedRequest> = {
  configurable: true,
  enumerable: false,
  get() {
    return this[lastMatch]?.route
  },
  set(matched: Route | undefined) {
    note(this, matched, false)
  },
}
const assigned = { ...unassigned, enumerable: true }

/**
 * Notes where a route is whenever one is assigned to the request: on the way out of a router, and so
 * for everybody who looks after an error, Express takes `baseUrl` and `app` back, and leaves `route`.
 */
export function followRoutes(req: object): void {
  if (!Object.isExtensible(req)) return
  const own = Object.getOwnPropertyDescriptor(req, 'route')
  if (own === undefined) {
    if (!('route' in req)) Reflect.defineProperty(req, 'route', unassigned)
  } else if (own.writable === true && own.configurable === true) {
    note(req, own.value as Route, true)
  }
}

/** Nothing where the request could not be followed: `baseUrl` may not be that of its route. */
export function matchOf(req: RoutedRequest): NotedMatch | undefined {
  const match = req[lastMatch]
  return match?.route === req.route ? match : undefined
}

function note(req: RoutedRequest, matched: Route | undefined, isFound: boolean): void {
  const value: NotedMatch = { route: matched, baseUrl: req.baseUrl, app: req.app, isFound }
  Object.defineProperty(req, lastMatch, { value, configurable: true, writable: true })
  Object.defineProperty(req, 'route', assigned)
}
