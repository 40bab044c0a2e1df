import { mountPoint } from './express-mount.ts'
import { matchOf } from './express-request.ts'
import type { Path } from './express-router.ts'
import { tidy } from './path-template.ts'

/**
 * The template of the route that Express matched last. `route.path` is only the last part of it, and
 * `req.baseUrl` is the client's text for the first part, so that part is looked up in the routers.
 */
export function expressRoute(req: object): string | undefined {
  const { route, baseUrl = '', app, isFound } = matchOf(req) ?? {}
  if (route?.path === undefined) return undefined
  if (baseUrl === '' && isFound === false) return templateOf('', route.path)
  const prefix = app === undefined ? undefined : mountPoint(route, baseUrl, app)
  return prefix === undefined ? undefined : templateOf(prefix, route.path)
}

/** Several paths of one route are joined by `|`. */
function templateOf(prefix: string, path: Path): string {
  if (typeof path === 'string') return tidy(prefix + path)
  return path instanceof RegExp
    ? prefix + String(path)
    : path.map((one) => templateOf(prefix, one)).join('|')
}
