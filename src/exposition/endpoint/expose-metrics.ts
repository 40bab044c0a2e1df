import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { expectThat, readOptions } from '../../support/validate.ts'
import { RequestMetrics } from '../../http/request-metrics.ts'
import { resolveScrapeOptions, type ScrapeOptions, scrapeOptionNames } from './options.ts'
import { isDone, onceDone } from '../../http/on-finished.ts'
import { followRoute } from '../../http/route/matched-route.ts'
import { isSamePath, parseTarget } from '../../http/route/path.ts'
import { RequestScopes } from '../../http/request-scopes.ts'
import { Scraper } from './metrics-handler.ts'
import type { NodeRequest, NodeResponse } from '../../http/node-message.ts'
import { send } from './send.ts'

export interface ExpositionOptions<
  Req extends NodeRequest = IncomingMessage,
  Res extends NodeResponse = ServerResponse,
> extends ScrapeOptions<Req> {
  /**
   * The path that answers scrapes, with or without a slash at its end.
   * @default '/metrics'
   */
  readonly path?: string
  /**
   * Whether the requests that go on to the handler, or to `next`, are counted and timed
   * (`http_server_request_duration_seconds`, `http_server_active_requests`).
   * @default true
   */
  readonly http?: boolean
  /**
   * Whether each of these requests is a scope of the clients whose metrics are in the registry: named
   * by its method and route, with the Prisma operations in it (`prisma_scope_…`,
   * `prisma_n_plus_one_suspects_total`).
   * @default true
   */
  readonly scopes?: boolean
  /**
   * The route label of a request: its template (`/users/:id`), never its path. Called at the end of
   * the request. What it does not know (`undefined`) is looked up as without it.
   * @default the matched route of Express, or what an adapter noted on the request
   */
  readonly route?: (req: Req, res: Res) => string | undefined
  /**
   * How long a scraper may take to receive the body, in seconds, before it is cut off.
   * @default 60
   */
  readonly writeTimeoutSeconds?: number
}

/** A listener for `node:http`, `node:https` and `node:http2`, and middleware where there is a `next`. */
export type ExpositionListener = (
  req: NodeRequest,
  res: NodeResponse,
  next?: (error?: unknown) => void,
) => unknown

const optionNames: Readonly<Record<keyof ExpositionOptions, true>> = {
  ...scrapeOptionNames,
  path: true,
  http: true,
  scopes: true,
  route: true,
  writeTimeoutSeconds: true,
}

/**
 * A listener that answers scrapes of `options.path` and passes every other request on: to
 * `handler`, or to `next` where it is used as middleware. Without either they get 404.
 *
 * @example
 * ```ts
 * createServer(exposeMetrics(app)).listen(3000)
 * createServer(exposeMetrics()).listen(9464, '127.0.0.1')
 * ```
 *
 * @throws {TypeError} for an option that is unknown or of the wrong kind.
 * @throws {Error} where registries have metrics of one name that cannot be merged, or where the
 * registry has a metric of another owner under a name of the endpoint's own.
 */
export function exposeMetrics<
  Req extends NodeRequest = IncomingMessage,
  Res extends NodeResponse = ServerResponse,
>(
  handler?: (req: Req, res: Res) => unknown,
  given: ExpositionOptions<Req, Res> = {},
): ExpositionListener {
  expectThat(
    'exposeMetrics(handler)',
    handler === undefined || typeof handler === 'function',
    'a request listener, or undefined before the options',
    handler,
  )
  const options = readOptions('options', given, optionNames)
  const resolved = resolveScrapeOptions(options)
  const { path = '/metrics', http = true, scopes = true, route, writeTimeoutSeconds = 60 } = options
  expectThat(
    'path',
    typeof path === 'string' && /^\/[^?#]*$/.test(path),
    'a path from / on, without a query',
    path,
  )
  expectThat('http', typeof http === 'boolean', 'true or false', http)
  expectThat('scopes', typeof scopes === 'boolean', 'true or false', scopes)
  expectThat(
    'route',
    route === undefined || typeof route === 'function',
    'a function of the request and the response',
    route,
  )
  expectThat(
    'writeTimeoutSeconds',
    typeof writeTimeoutSeconds === 'number' && writeTimeoutSeconds > 0,
    'a number of seconds greater than 0',
    writeTimeoutSeconds,
  )
  const scraper = new Scraper(resolved)
  const httpMetrics = http ? new RequestMetrics(resolved.registries[0], route) : undefined
  const requestScopes = scopes ? new RequestScopes(resolved.registries, route) : undefined
  if (handler !== undefined) httpMetrics?.register()

  return (nodeRequest, nodeResponse, next) => {
    // A handler is written for the server it is put behind.
    const req = nodeRequest as Req
    const res = nodeResponse as Res
    const query = scrapeQuery(req, path)
    if (query !== undefined) {
      void answer(scraper, query, req, res, writeTimeoutSeconds)
      return undefined
    }
    if (handler === undefined && next === undefined) {
      notFound(res)
      return undefined
    }
    if (http || scopes) followRoute(req)
    httpMetrics?.observe(req, res)
    const pass = (): unknown => passOn(req, res, handler, next)
    return requestScopes === undefined ? pass() : requestScopes.pass(req, res, pass)
  }
}

/** The one place where a request leaves for the application, and what that returns is passed on. */
function passOn<Req extends NodeRequest, Res extends NodeResponse>(
  req: Req,
  res: Res,
  handler: ((req: Req, res: Res) => unknown) | undefined,
  next: ((error?: unknown) => void) | undefined,
): unknown {
  return handler === undefined ? next?.() : handler(req, res)
}

/** The query of a request for the path, or nothing where it asks for something else. */
function scrapeQuery(req: NodeRequest, path: string): string | undefined {
  const target = parseTarget(req.url ?? '/')
  if (isSamePath(target.path, path)) return target.query
  // Mounted at the path itself (`app.use('/metrics', …)`), Express cuts it off `url`.
  const { originalUrl } = req as { originalUrl?: unknown }
  if (target.path !== '/' || typeof originalUrl !== 'string') return undefined
  const original = parseTarget(originalUrl)
  return isSamePath(original.path, path) ? original.query : undefined
}

async function answer<Req extends NodeRequest>(
  scraper: Scraper<Req>,
  query: string,
  req: Req,
  res: NodeResponse,
  writeTimeoutSeconds: number,
): Promise<void> {
  if (isDone(res)) return
  const leave = scraper.enter()
  try {
    const closed = new AbortController()
    onceDone(req, res, () => {
      closed.abort(null)
      leave()
    })
    const { method = 'GET' } = req
    // Adapters of cloud functions make requests that have no socket.
    const { remoteAddress } = (req.socket as Socket | undefined) ?? {}
    const response = await scraper.answer({
      method,
      query,
      header: (name) => {
        const value = req.headers[name]
        return Array.isArray(value) ? value.join(', ') : value
      },
      remoteAddress,
      original: req,
      signal: closed.signal,
    })
    if (!closed.signal.aborted) send(response, req, res, writeTimeoutSeconds)
  } catch {
    // Something before us in the chain has answered already, or made a request that is none.
    leave()
    res.destroy()
  }
}

function notFound(res: NodeResponse): void {
  res.statusCode = 404
  res.setHeader('content-type', 'text/plain; charset=utf-8')
  res.end('Not found.\n')
}
