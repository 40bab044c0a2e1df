import type { Layer, Path, Route, Router } from './express-router.ts'
import { mountAlong } from './express-mount.ts'

/** What Express leaves on a request, as far as this needs it. */
interface ExpressRequest {
  readonly route?: Route
  /** The part of the path that mounted routers and applications took, as the client wrote it. */
  readonly baseUrl?: string
  readonly app?: Application
}

interface Application {
  /** The path it is mounted at in its parent. */
  readonly mountpath: string | readonly string[]
  readonly parent?: Application
  /** Express 4. */
  readonly _router?: Router
  /** Express 5; in Express 4 reading it throws. */
  readonly router?: Router
}

/**
 * The template of the route that Express matched. `req.route` has its last part only, and
 * `req.baseUrl` is what the client wrote where the rest would be; so the rest is looked up in the
 * routers.
 */
export function expressRoute(req: object): string | undefined {
  const { route, baseUrl = '', app } = req as ExpressRequest
  if (route?.path === undefined) return undefined
  const prefix = baseUrl === '' ? '' : mountPoint(route, baseUrl, app)
  return prefix === undefined ? undefined : templateOf(prefix, route.path)
}

function mountPoint(
  route: Route,
  baseUrl: string,
  app: Application | undefined,
): string | undefined {
  if (app === undefined) return undefined
  const points = mountPointsOf(route, app)
  if (points.length === 0) return mountPointAlong(route, baseUrl, app)
  return points.length === 1 ? points[0] : points.find((point) => isAt(point, baseUrl))
}

function mountPointAlong(route: Route, baseUrl: string, app: Application): string | undefined {
  const segments = baseUrl.split('/')
  for (const mounted of pathsOf(app)) {
    const path = tidy(mounted) === '/' ? '' : tidy(mounted)
    const length = path.split('/').length
    if (!isAt(path, segments.slice(0, length).join('/'))) continue
    const rest = ['', ...segments.slice(length)].join('/')
    const mount = mountAlong(route, routerOf(app) ?? { stack: [] }, rest)
    if (mount !== undefined) return path + mount
  }
  return undefined
}

function routerOf(app: Application): Router | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Express 4's own name
  return app._router ?? app.router
}

const mountPoints = new WeakMap<Route, string[]>()

/** Where the route can be: a router may be mounted in several places. */
function mountPointsOf(route: Route, app: Application): string[] {
  let points = mountPoints.get(route)
  if (points === undefined) {
    const router = routerOf(app)
    const inApp = router === undefined ? [] : waysTo(route, router)
    points = pathsOf(app).flatMap((path) => inApp.map((way) => path + way))
    mountPoints.set(route, points)
  }
  return points
}

function pathsOf({ mountpath, parent }: Application): string[] {
  if (parent === undefined) return ['']
  const own = typeof mountpath === 'string' ? [mountpath] : mountpath
  return pathsOf(parent).flatMap((path) => own.map((mounted) => path + mounted))
}

function waysTo(route: Route, router: Router): string[] {
  return router.stack.flatMap((layer) => {
    if (layer.route === route) return ['']
    const { stack } = layer.handle
    if (!Array.isArray(stack)) return []
    const further = waysTo(route, { stack })
    return further.length === 0
      ? []
      : templatesOf(layer).flatMap((at) => further.map((way) => at + way))
  })
}

/** The paths a router is mounted at, or none where they cannot be told. */
function templatesOf({ rawPath, regexp, keys = [] }: Layer): string[] {
  if (rawPath !== undefined) {
    const paths = Array.isArray(rawPath) ? (rawPath as (string | RegExp)[]) : [rawPath]
    return paths.map((path) => (path === '/' ? '' : String(path)))
  }
  if (regexp === undefined) return []
  if (regexp.fast_slash === true) return ['']
  // What Express 4 makes of '/users/:id' is ^/users(?:/([^/]+?))/?(?=/|$).
  const names = keys.values()
  const template = regexp.source
    .replaceAll(String.raw`\/`, '/')
    .replace(/^\^/, '')
    .replace('/?(?=/|$)', '')
    .replaceAll('(?:/([^/]+?))', () => `/:${names.next().value?.name}`)
    .replaceAll(/\\([.-])/g, '$1')
  return /[\\^$*+?()[\]{}|]/.test(template) ? [] : [template]
}

/** A route of several paths is one route, so all of them name it. */
function templateOf(prefix: string, path: Path): string {
  const paths = Array.isArray(path) ? (path as (string | RegExp)[]) : [path as string | RegExp]
  return paths
    .map((one) => (typeof one === 'string' ? tidy(prefix + one) : prefix + String(one)))
    .join('|')
}

function isAt(template: string, baseUrl: string): boolean {
  const expected = tidy(template).toLowerCase().split('/')
  const given = tidy(baseUrl).toLowerCase().split('/')
  return (
    expected.length === given.length &&
    expected.every((segment, index) => segment.startsWith(':') || segment === given[index])
  )
}

function tidy(path: string): string {
  const single = path.replaceAll(/\/{2,}/g, '/')
  return single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single
}
