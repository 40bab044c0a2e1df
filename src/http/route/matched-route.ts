import { followRoutes } from './express-request.ts'
import { expressRoute } from './express-route.ts'
import type { NodeRequest } from '../node-message.ts'

/** Has to be called before the framework matches a route, for `matchedRoute` to tell it. */
export function followRoute(req: NodeRequest): void {
  if (notedRoute(req) === undefined) followRoutes(req)
}

/**
 * The template of the route that a framework matched, where it can be told: Express leaves it on the
 * request, and for others an adapter notes it there as `routeOptions.url`, which is Fastify's name.
 */
export function matchedRoute(req: NodeRequest): string | undefined {
  return notedRoute(req) ?? expressRoute(req)
}

function notedRoute(req: NodeRequest): string | undefined {
  const { routeOptions } = req as { routeOptions?: { url?: unknown } }
  return typeof routeOptions?.url === 'string' ? routeOptions.url : undefined
}
