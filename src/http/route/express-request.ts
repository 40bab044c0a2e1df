import { processState } from '../../support/process-state.ts'
import { isObject } from '../../support/validate.ts'
import {
  knownState,
  type Match,
  type NotedMatch,
  ownState,
  type RequestState,
  stateOf,
} from '../request-state.ts'
import type { Application, Route } from './express-router.ts'

/** The accessors of `route`. Separate ones for each request would make every request slow in V8. */
interface RouteAccessors {
  /** Of a request that has no route yet: its own, or that of Express's prototype. */
  readonly unassigned: PropertyDescriptor
  /** Of a request that has one: enumerable, like the property that Express would have made. */
  readonly assigned: PropertyDescriptor
}

// A copy of the package must know the accessor that another one has put on Express's prototype.
const { unassigned, assigned } = processState('route-accessors', 1, (): RouteAccessors => ({
  unassigned: { configurable: true, enumerable: false, get: () => undefined, set: assign },
  assigned: {
    configurable: true,
    enumerable: true,
    get(this: Match) {
      return knownState(this)?.match?.route
    },
    set: assign,
  },
}))

function assign(this: Match, route: Route | undefined): void {
  const state = ownState(this)
  // Without a state it is a request that nobody observes, or an object that inherits from a request.
  if (state === undefined) {
    const property = { value: route, writable: true, enumerable: true, configurable: true }
    Object.defineProperty(this, 'route', property)
  } else {
    note(this, state, route, false)
  }
}

/**
 * Follows the routes of all requests of an Express application, by an accessor on the prototype that all
 * applications of this copy of Express share.
 *
 * @returns false if each request needs an accessor of its own: it is no Express application, its requests
 * have another property `route`, or V8 is faster that way
 */
export function followRoutesOf(app: unknown): boolean {
  if (typeof app !== 'function' || !isSharedAccessorFaster()) return false
  let prototype: unknown = (app as Partial<Application>).request
  while (isObject(prototype) && !isOfNode(prototype)) {
    const own = Object.getOwnPropertyDescriptor(prototype, 'route')
    if (own !== undefined) return own.set === unassigned.set
    const next: unknown = Object.getPrototypeOf(prototype)
    if (isObject(next) && isOfNode(next)) {
      return Reflect.defineProperty(prototype, 'route', unassigned)
    }
    prototype = next
  }
  return false
}

/**
 * Express changes the prototype of each request, and V8 then makes a hidden class for each. An accessor of
 * a request's own is defined again at the match, and makes its properties a hash table: faster than hidden
 * classes up to V8 12, slower from V8 13 on (`npm run bench:requests`).
 */
function isSharedAccessorFaster(): boolean {
  return Number.parseInt(process.versions.v8, 10) >= 13
}

/** By the name: edge runtimes load this file, and have no `node:http`. */
function isOfNode(prototype: object): boolean {
  return Object.hasOwn(prototype, 'constructor') && prototype.constructor.name === 'IncomingMessage'
}

/**
 * Records `baseUrl` and `app` whenever a route is assigned to the request: Express restores them when
 * it leaves a router (also before error handlers run), but leaves `route`.
 *
 * @param isFollowed what {@link followRoutesOf} returned for the application that gets the request next
 */
export function followRoutes(req: Match, isFollowed: boolean): void {
  if ('route' in req) {
    const own = Object.getOwnPropertyDescriptor(req, 'route')
    if (own?.writable === true && own.configurable === true && Object.isExtensible(req)) {
      note(req, stateOf(req), own.value as Route, true)
    }
  } else if (!isFollowed && !followRoutesOf(req.app)) {
    Reflect.defineProperty(req, 'route', unassigned)
  }
}

/** The route that was matched last; undefined if there was no match, or the request could not be followed. */
export function matchOf(req: Match): NotedMatch | undefined {
  const state = knownState(req)
  if (state !== undefined && state.match === undefined && req.route !== undefined) {
    // An application of another copy of Express has assigned it.
    followRoutesOf(req.app)
    followRoutes(req, true)
  }
  return state?.match
}

function note(req: Match, state: RequestState, route: Route | undefined, isFound: boolean): void {
  state.match = { route, baseUrl: req.baseUrl, app: req.app, isFound }
  Object.defineProperty(req, 'route', assigned)
}
