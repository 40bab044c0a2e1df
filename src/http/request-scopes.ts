import type { ServerResponse } from 'node:http'
import { trackersOf, type OpenScope } from '../metrics/scope-trackers.ts'
import { onceDone } from './on-finished.ts'
import { methodOf, type RouteOption, routeOf } from './request-labels.ts'
import type { NodeRequest, NodeResponse } from './node-message.ts'

/** Requests that are units of work already, by this or another listener they have passed. */
const scoped = new WeakSet<NodeRequest>()

/**
 * Makes each request that goes on to the application a unit of work of the clients whose metrics are
 * in the registries: of the only one, or of those that it has used, since every route times every
 * client would be series without a meaning. It is named when it ends: before, no route is matched.
 */
export class RequestScopes<Req extends NodeRequest, Res extends NodeResponse> {
  readonly #registries: readonly object[]
  readonly #route: RouteOption<Req, Res>

  constructor(registries: readonly object[], route: RouteOption<Req, Res>) {
    this.#registries = registries
    this.#route = route
  }

  pass<R>(req: Req, res: Res, pass: () => R): R {
    const meters = this.#registries.flatMap(trackersOf)
    if (meters.length === 0 || scoped.has(req)) return pass()
    scoped.add(req)
    const works = meters.map((meter) => meter.open())
    onceDone(req, res, () => {
      const route = routeOf(req, res, this.#route)
      const name = route === '' ? methodOf(req) : `${methodOf(req)} ${route}`
      for (const work of works) {
        if (works.length === 1 || work.used) work.end(name, succeeded(res))
      }
    })
    emitWithin(req, works)
    return within(works, pass)
  }
}

function within<R>(works: readonly OpenScope[], fn: () => R): R {
  return works.reduceRight<() => R>((inner, work) => () => work.run(inner), fn)()
}

// The parser emits a body's events in a context of its own: a plain listener on `end` would be outside.
function emitWithin(req: NodeRequest, works: readonly OpenScope[]): void {
  const emit = req.emit.bind(req) as (...parameters: unknown[]) => boolean
  const value = (...parameters: unknown[]): boolean => within(works, () => emit(...parameters))
  Object.defineProperty(req, 'emit', { value, configurable: true, writable: true })
}

function succeeded(res: NodeResponse): boolean {
  // HTTP/2's compatible response has only the latter.
  const { writableFinished, writableEnded } = res as Partial<ServerResponse>
  return (writableFinished ?? writableEnded) === true && res.statusCode < 500
}
