import { processState } from '../../support/process-state.ts'
import { expectThat, isObject } from '../../support/validate.ts'
import { followRoutes } from './express-request.ts'
import { expressRoute } from './express-route.ts'

const routes = processState('routes', 1, () => new WeakMap<object, string>())

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
  if (template === undefined) routes.delete(req)
  else routes.set(req, String(template))
}

/** Call it before the framework matches a route, so that `matchedRoute` can find it. */
export function followRoute(req: object): void {
  if (!routes.has(req)) followRoutes(req)
}

/** The template that `setRoute` was called with, or that of the route that Express matched last. */
export function matchedRoute(req: object): string | undefined {
  return routes.get(req) ?? expressRoute(req)
}
