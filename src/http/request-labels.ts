import { matchedRoute } from './route/matched-route.ts'
import type { NodeRequest } from './node-message.ts'

/** The methods there are; a client could send any word. */
const knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
])

/** The `route` option. */
export type RouteOption<Req, Res> = ((req: Req, res: Res) => string | undefined) | undefined

export function methodOf({ method = '' }: NodeRequest): string {
  return knownMethods.has(method) ? method : '_OTHER'
}

/** The template of the route that was matched, or the empty string. */
export function routeOf<Req extends NodeRequest, Res>(
  req: Req,
  res: Res,
  route: RouteOption<Req, Res>,
): string {
  try {
    return route?.(req, res) ?? matchedRoute(req) ?? ''
  } catch {
    return ''
  }
}
