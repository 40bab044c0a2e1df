import type { ServerResponse } from 'node:http'
import { type NodeRequest, type NodeResponse, onFinished } from './on-finished.ts'
import type { RequestObserver } from './request-observer.ts'
import type { RequestScope } from './request-scopes.ts'
import { followRoute } from './route/matched-route.ts'

/**
 * Passes a request of Node's servers on, observed until its response is closed.
 *
 * @param route the `route` option
 * @returns the result of `pass`, and throws its errors
 */
export function passRequest<Req extends NodeRequest, Res extends NodeResponse, R>(
  observer: RequestObserver,
  req: Req,
  res: Res,
  route: ((req: Req, res: Res) => unknown) | undefined,
  report: (error: unknown) => void,
  pass: () => R,
): R {
  let scope: RequestScope | undefined
  try {
    followRoute(req)
    const observed = observer.begin(req, req.method ?? '', () => route?.(req, res))
    if (observed !== undefined) {
      onFinished(req, res, () => {
        const isStream = isEventStream(res)
        const succeeded = isStream ? res.statusCode < 500 : hasSucceeded(res)
        observed.end(res.headersSent ? String(res.statusCode) : '', succeeded, isStream)
      })
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

function hasSucceeded(res: NodeResponse): boolean {
  // HTTP/2's compatibility response has only `writableEnded`.
  const { writableFinished, writableEnded } = res as Partial<ServerResponse>
  return (writableFinished ?? writableEnded) === true && res.statusCode < 500
}

/** True for a response of server-sent events, which ends when its client disconnects. */
function isEventStream(res: NodeResponse): boolean {
  if (!res.headersSent) return false
  const { getHeader, _header: head } = res as Partial<ServerResponse> & {
    readonly _header?: unknown
  }
  const type = getHeader?.call(res, 'content-type')
  if (type !== undefined) return /^text\/event-stream\b/i.test(String(type))
  // Headers given to writeHead() alone are only in the text that Node has sent.
  return typeof head === 'string' && /^content-type: *text\/event-stream\b/im.test(head)
}
