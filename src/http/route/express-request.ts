import type { Application, Route } from './express-router.ts'

/** The properties that Express sets on a request when it matches a route. */
interface Match {
  readonly route?: Route | undefined
  /** The part of the path that mounted routers and applications matched, as the client wrote it. */
  readonly baseUrl?: string | undefined
  readonly app?: Application | undefined
}

/** The properties as they were when the route was set, or as found on a request that had one already. */
export interface NotedMatch extends Match {
  readonly isFound: boolean
}

interface RoutedRequest extends Match {
  readonly [lastMatch]?: NotedMatch
}

// Symbol.for: the accessor on a request may be that of another copy of the package.
const lastMatch: unique symbol = Symbol.for('prisma-prometheus.last-match.1')

// One pair of functions for all requests: separate functions would make every request object slow in V8.
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
 * Records `baseUrl` and `app` whenever a route is assigned to the request: Express restores them when
 * it leaves a router (also before error handlers run), but leaves `route`.
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

/** Undefined if the request could not be followed: `baseUrl` may belong to another route. */
export function matchOf(req: RoutedRequest): NotedMatch | undefined {
  const match = req[lastMatch]
  return match?.route === req.route ? match : undefined
}

function note(req: RoutedRequest, matched: Route | undefined, isFound: boolean): void {
  const value: NotedMatch = { route: matched, baseUrl: req.baseUrl, app: req.app, isFound }
  Object.defineProperty(req, lastMatch, { value, configurable: true, writable: true })
  Object.defineProperty(req, 'route', assigned)
}
