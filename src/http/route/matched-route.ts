import { expectThat, isObject } from '../../support/validate.ts'
import { knownState, stateOf } from '../request-state.ts'
import { followRoutes } from './express-request.ts'
import { expressRoute } from './express-route.ts'

/**
 * Sets the route of a request, for frameworks other than Express: the label `http_route`, and part of
 * the name of the request's scope. Call it before the response ends; the last call counts.
 *
 * @param req the request of the server: Node's `IncomingMessage`, or the `Request` of a Fetch server
 * @param template the template (`/users/:id`) or the pattern of the matched route, never the path of
 * the request; undefined if no route matched
 * @throws {TypeError} if an argument has another type.
 *
 * @example
 * ```ts
 * app.addHook('onRequest', async (request) => setRoute(request.raw, request.routeOptions.url))
 * ```
 */
export function setRoute(req: object, template: string | RegExp | undefined): void {
  expectThat('setRoute(req)', isObject(req), 'a request', req)
  expectThat(
    'setRoute(req, template)',
    template === undefined || typeof template === 'string' || template instanceof RegExp,
    'a template such as /users/:id',
    template,
  )
  stateOf(req).template = template === undefined ? undefined : String(template)
}

/**
 * Call it before the framework matches a route, so that `matchedRoute` can find it.
 *
 * @param isFollowed what `followRoutesOf` returned for the handler of the request
 */
export function followRoute(req: object, isFollowed: boolean): void {
  if (knownState(req)?.template === undefined) followRoutes(req, isFollowed)
}

/** The template that `setRoute` was called with, or that of the route that Express matched last. */
export function matchedRoute(req: object): string | undefined {
  return knownState(req)?.template ?? expressRoute(req)
}
