import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  isFinished,
  type NodeRequest,
  type NodeResponse,
  onFinished,
} from '../../http/on-finished.ts'
import { type Observation, passRequest } from '../../http/pass-request.ts'
import { RequestObserver } from '../../http/request-observer.ts'
import { followRoutesOf } from '../../http/route/express-request.ts'
import { isSamePath, parseTarget } from '../../http/route/path-template.ts'
import { expectSeconds, expectThat, readOptions } from '../../support/validate.ts'
import { answerLive } from './live/live-handler.ts'
import { type LiveOptions, type LiveTarget, liveTarget, resolveLivePath } from './live/live-path.ts'
import { sendLive } from './live/send-live.ts'
import { MetricsHandler, type ScrapeRequest } from './metrics-handler.ts'
import {
  type ResolvedScrapeOptions,
  resolveScrapeOptions,
  type ScrapeOptions,
  scrapeOptionNames,
} from './options.ts'
import {
  type RequestOptions,
  requestOptionNames,
  resolveRequestOptions,
} from './request-options.ts'
import { send } from './send.ts'

export interface ExpositionOptions<
  Req extends NodeRequest = IncomingMessage,
  Res extends NodeResponse = ServerResponse,
>
  extends ScrapeOptions<Req>, RequestOptions {
  /**
   * The route label of a request: its template (`/users/:id`), never its path. Called at the end of
   * the request. If it returns `undefined`, the default applies.
   * @default the matched route of Express, or the argument of `setRoute`
   */
  readonly route?: (req: Req, res: Res) => string | undefined
  /**
   * Serves a live page of the registry's Prisma clients, for people. `authorize` guards it like the
   * scrapes: browsers send the bearer token as the password of any user. Without `authorize` it
   * answers only if the request's `Host` is `localhost` or an IP address.
   * @default false
   */
  readonly live?: boolean | LiveOptions
  /**
   * How long a scraper may take to receive the body, in seconds, before its connection is closed.
   * @default 60
   */
  readonly writeTimeoutSeconds?: number
}

/** A listener of `node:http`, `node:https` and `node:http2`, and middleware if it gets a `next`. */
export type ExpositionListener = (
  req: NodeRequest,
  res: NodeResponse,
  next?: (error?: unknown) => void,
) => unknown

const optionNames: Readonly<Record<keyof ExpositionOptions, true>> = {
  ...scrapeOptionNames,
  ...requestOptionNames,
  live: true,
  writeTimeoutSeconds: true,
}

/**
 * Creates a listener that answers scrapes of `options.path` and passes every other request on: to
 * `handler`, or to `next` if it is used as middleware. Without either it answers 404.
 *
 * @example
 * ```ts
 * createServer(exposeMetrics(app)).listen(3000)
 * createServer(exposeMetrics()).listen(9464, '127.0.0.1')
 * ```
 *
 * @throws {TypeError} for an option that is unknown or has a wrong value.
 * @throws {Error} if registries have metrics of one name that cannot be merged, or another metric in
 * the registry has a name that the endpoint uses.
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
  const { path, ...observed } = resolveRequestOptions(options)
  const { route, writeTimeoutSeconds = 60 } = options
  expectSeconds('writeTimeoutSeconds', writeTimeoutSeconds)
  const livePath = resolveLivePath(options.live, path)
  const scrapes = new MetricsHandler(resolved)
  const report = (error: unknown): void => scrapes.report(error)
  const { registries, detail, histograms } = resolved
  const observer = new RequestObserver({ ...observed, registries, detail, histograms, report })
  if (handler !== undefined || options.http === true) observer.register()
  const observation: Observation<Req, Res> = {
    observer,
    route,
    isFollowed: followRoutesOf(handler),
    report,
  }

  return (nodeRequest, nodeResponse, next) => {
    // The server's classes are those that the handler expects.
    const req = nodeRequest as Req
    const res = nodeResponse as Res
    const live = livePath === undefined ? undefined : liveTarget(livePath, targetsOf(req))
    if (live !== undefined) {
      void showLive(resolved, scrapes, live, req, res)
      return undefined
    }
    const query = scrapeQuery(req, path)
    if (query !== undefined) {
      void answer(scrapes, query, req, res, writeTimeoutSeconds)
      return undefined
    }
    if (handler === undefined && next === undefined) {
      notFound(res)
      return undefined
    }
    const pass = (): unknown => (handler === undefined ? next?.() : handler(req, res))
    return passRequest(observation, req, res, pass)
  }
}

/** The query of a request for the path; undefined for other requests. */
function scrapeQuery(req: NodeRequest, path: string): string | undefined {
  const target = parseTarget(req.url ?? '/')
  if (isSamePath(target.path, path)) return target.query
  // Express removes the path from `url` if the listener is mounted at it (`app.use('/metrics', …)`).
  const { originalUrl } = req as { originalUrl?: unknown }
  if (target.path !== '/' || typeof originalUrl !== 'string') return undefined
  const original = parseTarget(originalUrl)
  return isSamePath(original.path, path) ? original.query : undefined
}

/** Express removes the path at which a listener is mounted from `url`. */
function targetsOf(req: NodeRequest): readonly unknown[] {
  return [req.url, (req as { readonly originalUrl?: unknown }).originalUrl]
}

async function showLive<Req extends NodeRequest>(
  options: ResolvedScrapeOptions<Req>,
  scrapes: MetricsHandler<Req>,
  { resource, query, base }: LiveTarget,
  req: Req,
  res: NodeResponse,
): Promise<void> {
  if (isFinished(res)) return
  try {
    const closed = new AbortController()
    onFinished(req, res, () => closed.abort(null))
    const request = { ...requestOf(req, query, closed.signal), resource, base }
    const response = await answerLive(
      options,
      () => scrapes.livePage,
      request,
      (error) => scrapes.report(error),
    )
    if (!closed.signal.aborted) sendLive(response, req, res)
  } catch {
    // Middleware in front has answered already, or the request is not a real one.
    res.destroy()
  }
}

async function answer<Req extends NodeRequest>(
  scrapes: MetricsHandler<Req>,
  query: string,
  req: Req,
  res: NodeResponse,
  writeTimeoutSeconds: number,
): Promise<void> {
  if (isFinished(res)) return
  const leave = scrapes.enter()
  try {
    const closed = new AbortController()
    onFinished(req, res, () => {
      closed.abort(null)
      leave()
    })
    const response = await scrapes.answer(requestOf(req, query, closed.signal))
    if (!closed.signal.aborted) send(response, req, res, writeTimeoutSeconds)
  } catch {
    // Middleware in front has answered already, or the request is not a real one.
    leave()
    res.destroy()
  }
}

function requestOf<Req extends NodeRequest>(
  req: Req,
  query: string,
  signal: AbortSignal,
): ScrapeRequest<Req> {
  const { method = 'GET' } = req
  // Requests made by adapters of cloud functions have no socket.
  const { remoteAddress } = (req.socket as Socket | undefined) ?? {}
  return {
    method,
    query,
    header: (name) => {
      const value = req.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    remoteAddress,
    original: req,
    signal,
  }
}

function notFound(res: NodeResponse): void {
  res.statusCode = 404
  res.setHeader('content-type', 'text/plain; charset=utf-8')
  res.end('Not found.\n')
}
