import { expressRoute } from './express-route.ts'
import type { NodeRequest } from './node-message.ts'

/**
 * The template of the route that a framework matched, where it can be told: Express leaves it on the
 * request, and for others an adapter notes it there as `routeOptions.url`, which is Fastify's name.
 */
export function matchedRoute(req: NodeRequest): string | undefined {
  const { routeOptions } = req as { routeOptions?: { url?: unknown } }
  if (typeof routeOptions?.url === 'string') return routeOptions.url
  return expressRoute(req)
}
