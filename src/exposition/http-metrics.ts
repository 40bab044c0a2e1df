import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { bucketBounds, defaultPrefix, httpCatalogue } from '../catalogue.ts'
import type { GaugeFamily } from '../series/gauge.ts'
import type { HistogramFamily } from '../series/histogram.ts'
import { getOrRegister } from '../series/register.ts'
import type { MetricRegistry } from '../series/registry.ts'
import { matchedRoute } from './matched-route.ts'
import type { NodeRequest, NodeResponse } from './send.ts'

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

/** Requests that are being observed already, by this or another listener they have passed. */
const observed = new WeakSet<NodeRequest>()

/** The metrics of the requests that go on to the application. */
export class HttpMetrics<Req extends NodeRequest, Res extends NodeResponse> {
  readonly #registry: MetricRegistry
  readonly #route: ((req: Req, res: Res) => string | undefined) | undefined
  #families: { duration: HistogramFamily; active: GaugeFamily } | undefined

  constructor(
    registry: MetricRegistry,
    route: ((req: Req, res: Res) => string | undefined) | undefined,
  ) {
    this.#registry = registry
    this.#route = route
  }

  /** @throws {Error} where a name is taken in the registry by another metric. */
  register(): { duration: HistogramFamily; active: GaugeFamily } {
    const options = { prefix: defaultPrefix, durationBuckets: bucketBounds.http }
    this.#families ??= {
      duration: getOrRegister(this.#registry, httpCatalogue.requestDuration, options),
      active: getOrRegister(this.#registry, httpCatalogue.activeRequests, options),
    }
    return this.#families
  }

  /** Counts the request as active until its connection or its response is done with, and times it. */
  observe(req: Req, res: Res): void {
    if (observed.has(req)) return
    observed.add(req)
    const began = performance.now()
    const { duration, active } = this.register()
    const method = knownMethods.has(req.method ?? '') ? (req.method as string) : '_OTHER'
    const inProgress = active.with([method])
    inProgress.inc()
    onceDone(req, res, () => {
      inProgress.dec()
      // As OpenTelemetry has it: no status where none was sent.
      const status = res.headersSent ? String(res.statusCode) : ''
      duration
        .with([method, this.#routeOf(req, res), status])
        .observe((performance.now() - began) / 1000)
    })
  }

  #routeOf(req: Req, res: Res): string {
    try {
      return this.#route?.(req, res) ?? matchedRoute(req) ?? ''
    } catch {
      return ''
    }
  }
}

const openBySocket = new WeakMap<Socket, Set<() => void>>()

/** Calls back once, when the response is closed, or its socket where the response never will be. */
function onceDone(req: NodeRequest, res: NodeResponse, callback: () => void): void {
  if (req.httpVersionMajor >= 2) {
    res.once('close', callback)
    return
  }
  // A handler that takes the socket for itself (an upgrade) leaves a response that ends in nothing.
  const open = openOn(req.socket)
  const done = (): void => {
    if (open.delete(done)) callback()
  }
  open.add(done)
  ;(res as ServerResponse).once('close', done)
}

// One listener for a socket, not one for a request: a client may pipeline any number of them.
function openOn(socket: Socket): Set<() => void> {
  let open = openBySocket.get(socket)
  if (open === undefined) {
    const requests = new Set<() => void>()
    open = requests
    openBySocket.set(socket, requests)
    socket.once('close', () => {
      for (const done of requests) done()
    })
  }
  return open
}
