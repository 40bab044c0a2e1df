import { RequestObserver } from '../../http/request-observer.ts'
import { matchedRoute } from '../../http/route/matched-route.ts'
import { isSamePath } from '../../http/route/path-template.ts'
import { expectThat, isObject, readOptions } from '../../support/validate.ts'
import { MetricsHandler } from './metrics-handler.ts'
import { respond } from './metrics-response.ts'
import { resolveScrapeOptions, type ScrapeOptions, scrapeOptionNames } from './options.ts'
import {
  type RequestOptions,
  requestOptionNames,
  resolveRequestOptions,
} from './request-options.ts'

/** The part of Hono's `Context` that is read. */
export interface FetchContext {
  readonly req: { readonly raw: Request }
  readonly res: Response
}

export interface MiddlewareOptions extends ScrapeOptions<Request>, RequestOptions {
  /**
   * The route label of a request: its template (`/users/:id`), never its path. Called at the end of
   * the request. If it returns `undefined`, the default applies.
   * @default the matched route of Hono, or the argument of `setRoute`
   */
  readonly route?: (request: Request) => string | undefined
}

/** Middleware of Hono, and a wrapper of the `fetch` handler of any Fetch server. */
export interface FetchMiddleware {
  (context: FetchContext, next: () => Promise<void>): Promise<Response | undefined>
  (request: Request, handler: (request: Request) => Response | Promise<Response>): Promise<Response>
}

const optionNames: Readonly<Record<keyof MiddlewareOptions, true>> = {
  ...scrapeOptionNames,
  ...requestOptionNames,
}

/**
 * Creates middleware for Fetch servers that answers scrapes of `options.path`, and counts, times and
 * scopes every other request until its `Response` is returned.
 *
 * @example
 * ```ts
 * app.use(metricsMiddleware())
 *
 * const metrics = metricsMiddleware()
 * Bun.serve({ fetch: (request) => metrics(request, handle) })
 * ```
 *
 * @throws {TypeError} for an option that is unknown or has a wrong value.
 * @throws {Error} if registries have metrics of one name that cannot be merged, or another metric in
 * the registry has a name that the endpoint uses.
 */
export function metricsMiddleware(given: MiddlewareOptions = {}): FetchMiddleware {
  const { compression = false, ...options } = readOptions('options', given, optionNames)
  expectThat(
    'authorize.allow',
    !isObject(options.authorize) || !('allow' in options.authorize),
    'an authorize function instead, since a Request does not contain its address',
    'allow',
  )
  const resolved = resolveScrapeOptions<Request>({ ...options, compression })
  const { path, ...observed } = resolveRequestOptions(options)
  const scrapes = new MetricsHandler(resolved)
  const report = (error: unknown): void => scrapes.report(error)
  const { registries, detail, histograms } = resolved
  const observer = new RequestObserver({ ...observed, registries, detail, histograms, report })
  observer.register()

  /** Runs `pass` observed; `statusOf` reads the status of its result. */
  async function observe<R>(
    request: Request,
    key: object,
    route: () => unknown,
    pass: () => Promise<R>,
    statusOf: (result: R) => number,
  ): Promise<R> {
    const seen = observer.begin(key, request.method, route)
    try {
      const result = await (seen?.scope === undefined ? pass() : seen.scope.run(pass))
      const status = statusOf(result)
      seen?.end(String(status), status < 500)
      return result
    } catch (error) {
      // The server answers 500 then.
      seen?.end('500', false)
      throw error
    }
  }

  async function middleware(
    target: Request | FetchContext,
    next: (request: Request) => unknown,
  ): Promise<Response | undefined> {
    expectThat('metricsMiddleware()(request, next)', isObject(target), 'a request', target)
    expectThat('metricsMiddleware()(request, next)', typeof next === 'function', 'a function', next)
    const context = 'req' in target ? target : undefined
    const request = 'req' in target ? target.req.raw : target
    if (isSamePath(new URL(request.url).pathname, path)) {
      return respond(scrapes, request, request, undefined)
    }
    const named = (): unknown => options.route?.(request)
    if (context === undefined) {
      const handle = async (): Promise<Response> => (await next(request)) as Response
      return observe(request, request, named, handle, ({ status }) => status)
    }
    const pass = async (): Promise<void> => void (await next(request))
    const route = (): unknown => named() ?? matchedRoute(request) ?? honoRoute(context)
    await observe(request, nodeRequestOf(context), route, pass, () => context.res.status)
    return undefined
  }
  return middleware as FetchMiddleware
}

/** Hono on Node: the server's request, which `exposeMetrics` in front may have counted already. */
function nodeRequestOf({ env, req }: FetchContext & { readonly env?: unknown }): object {
  const incoming = isObject(env) && 'incoming' in env ? env.incoming : undefined
  return isObject(incoming) ? incoming : req.raw
}

interface HonoRoute {
  readonly method: string
  readonly path: string
}

/** The template of the route that Hono ran last; undefined if that was middleware. */
function honoRoute({ req }: FetchContext): string | undefined {
  const { matchedRoutes, routeIndex } = req as Partial<{
    readonly matchedRoutes: readonly HonoRoute[]
    readonly routeIndex: number
  }>
  const route = matchedRoutes?.[routeIndex ?? -1]
  const isMiddleware = route?.method === 'ALL' && route.path.endsWith('*')
  return isMiddleware ? undefined : route?.path
}
