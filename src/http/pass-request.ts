import type { ServerResponse } from 'node:http'
import { type NodeRequest, type NodeResponse, onFinished } from './on-finished.ts'
import type { ObservedRequest } from './observed-request.ts'
import type { RequestObserver } from './request-observer.ts'
import type { RequestScope } from './request-scopes.ts'
import { followRoute } from './route/matched-route.ts'

/** How the requests of one listener are observed. */
export interface Observation<Req, Res> {
  readonly observer: RequestObserver
  /** The `route` option. */
  readonly route: ((req: Req, res: Res) => unknown) | undefined
  /** What `followRoutesOf` returned for the handler. */
  readonly isFollowed: boolean
  readonly report: (error: unknown) => void
}

/**
 * Passes a request of Node's servers on, observed until its response is closed.
 *
 * @returns the result of `pass`, and throws its errors
 */
export function passRequest<Req extends NodeRequest, Res extends NodeResponse, R>(
  { observer, route, isFollowed, report }: Observation<Req, Res>,
  req: Req,
  res: Res,
  pass: () => R,
): R {
  let scope: RequestScope | undefined
  try {
    const named = route === undefined ? undefined : () => route(req, res)
    const observed = observer.begin(req, req.method ?? '', named)
    if (observed !== undefined) {
      followRoute(req, isFollowed)
      onFinished(req, res, () => endRequest(observed, res))
      scope = observed.scope
      if (scope !== undefined) emitInside(req, scope)
    }
  } catch (error) {
    report(error)
  }
  return scope === undefined ? pass() : scope.run(pass)
}

// The parser emits the events of a body in a context of its own, so a listener of `end` would run
// outside the scope.
function emitInside(req: NodeRequest, scope: RequestScope): void {
  const emit = req.emit.bind(req) as (...parameters: unknown[]) => boolean
  const value = (...parameters: unknown[]): boolean => scope.run(() => emit(...parameters))
  Object.defineProperty(req, 'emit', { value, configurable: true, writable: true })
}

function endRequest(observed: ObservedRequest, res: NodeResponse): void {
  const { headersSent, statusCode } = res
  const status = headersSent ? String(statusCode) : ''
  // Whether it has succeeded, and is a stream, matters to scopes only.
  const isStream = observed.scope !== undefined && headersSent && isEventStream(res)
  const succeeded = statusCode < 500 && (isStream || isComplete(res))
  observed.end(status, succeeded, isStream)
}

function isComplete(res: NodeResponse): boolean {
  // HTTP/2's compatibility response has only `writableEnded`.
  const { writableFinished, writableEnded } = res as Partial<ServerResponse>
  return (writableFinished ?? writableEnded) === true
}

/**
 * Whether a response is one of server-sent events, which ends when its client disconnects. Its headers must
 * have been sent.
 */
function isEventStream(res: NodeResponse): boolean {
  const { getHeader, _header: head } = res as Partial<ServerResponse> & {
    readonly _header?: unknown
  }
  const type = getHeader?.call(res, 'content-type')
  if (type !== undefined) return /^text\/event-stream\b/i.test(String(type))
  // Headers given to writeHead() alone are only in the text that Node has sent.
  return typeof head === 'string' && /^content-type: *text\/event-stream\b/im.test(head)
}
