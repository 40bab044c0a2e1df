import type { IncomingMessage, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { findRoute, type Reply, type Route } from './router.ts'

export interface Api extends RequestListener {
  /** Returns the template of the route that matches the request. */
  readonly routeOf: (request: IncomingMessage) => string | undefined
}

/** Serves routes as a JSON API. `failure` returns the response to a request whose route has failed. */
export function serveRoutes(routes: readonly Route[], failure: (error: unknown) => Reply): Api {
  const listener: RequestListener = async (request, response) => {
    const { status, body } = await answer(routes, request).catch(failure)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }
  return Object.assign(listener, {
    routeOf: (request: IncomingMessage) =>
      findRoute(routes, request.method, urlOf(request).pathname)?.route.path,
  })
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams } = urlOf(request)
  const match = findRoute(routes, request.method, pathname)
  if (match === undefined) return { status: 404, body: { error: 'no such route' } }
  return match.route.handle({
    params: match.params,
    query: searchParams,
    json: async () => JSON.parse(await text(request)),
  })
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  return new URL(url, 'http://localhost')
}
