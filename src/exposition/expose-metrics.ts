import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { register } from 'prom-client'
import type { CollectedFamily } from '../series/family.ts'
import type { MetricRegistry } from '../series/registry.ts'
import { formatFamily, textContentType } from './text-format.ts'

export interface ExpositionOptions {
  /** The registry to expose. Default: prom-client's `register`. */
  readonly registry?: ExposableRegistry
  /** The path that answers scrapes. Default: `/metrics`. */
  readonly path?: string
}

export interface ExposableRegistry extends MetricRegistry {
  getMetricsAsJSON(): Promise<unknown>
}

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

/**
 * A listener that answers scrapes of `options.path` and leaves every other request to `handler`, or
 * to `next` where it is used as middleware; without either they get 404.
 */
export function exposeMetrics<
  Req extends Request = IncomingMessage,
  Res extends Response = ServerResponse,
>(
  handler?: (req: Req, res: Res) => unknown,
  options: ExpositionOptions = {},
): (req: Req, res: Res, next?: (error?: unknown) => void) => void {
  const { registry = register, path = '/metrics' } = options
  return (req, res, next) => {
    if (pathOf(req) === path) void answer(req, res as ServerResponse, registry)
    else if (handler !== undefined) handler(req, res)
    else if (next !== undefined) next()
    else (res as ServerResponse).writeHead(404).end()
  }
}

async function answer(
  { method }: Request,
  res: ServerResponse,
  registry: ExposableRegistry,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    res.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  try {
    const families = (await registry.getMetricsAsJSON()) as CollectedFamily[]
    const body = families.map(formatFamily).join('')
    res
      .writeHead(200, { 'content-type': textContentType })
      .end(method === 'HEAD' ? undefined : body)
  } catch {
    res.writeHead(500).end()
  }
}

function pathOf({ url = '/' }: Request): string {
  const path = url.split('?', 1)[0] as string
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
