import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve as serveHono } from '@hono/node-server'
import { Hono } from 'hono'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { metricsMiddleware, setRoute } from '../../src/index.ts'

type Fetch = (request: Request) => Response | Promise<Response>

/** The routes of the finished requests, as `METHOD route status` → count. */
async function routes(fetch: Fetch): Promise<Record<string, number>> {
  const body = await (await fetch(new Request('http://x/metrics'))).text()
  const counts =
    /^http_server_request_duration_seconds_count\{http_request_method="(.*)",http_route="(.*)",http_response_status_code="(.*)"\} (\d+)$/gm
  return Object.fromEntries(
    [...body.matchAll(counts)].map(([, method, route, status, count]) => [
      `${method} ${route} ${status}`,
      Number(count),
    ]),
  )
}

describe('Hono', () => {
  function application(registry: Registry): Hono {
    const app = new Hono()
    app.use(metricsMiddleware({ registry }))
    app.get('/users/:id', (context) => context.text('user'))
    app.get('/files/*', (context) => context.text('file'))
    app.get('/fails', () => {
      throw new Error('of the application')
    })
    const posts = new Hono()
    posts.get('/:post', (context) => context.text('post'))
    app.route('/users/:id/posts', posts)
    app.get('/named/:id', (context) => {
      setRoute(context.req.raw, '/by-hand')
      return context.text('named')
    })
    app.onError((_error, context) => context.text('failed', 500))
    return app
  }

  const paths = ['/users/1', '/users/2', '/files/x', '/fails', '/users/1/posts/2', '/missing']
  const expected = {
    'GET /users/:id 200': 2,
    'GET /files/* 200': 1,
    'GET /fails 500': 1,
    'GET /users/:id/posts/:post 200': 1,
    'GET /by-hand 200': 1,
    'GET  404': 1,
  }

  test('counts requests by route without a server', async () => {
    const app = application(new Registry())
    for (const path of [...paths, '/named/1']) await app.request(path)
    expect(await routes((request) => app.fetch(request))).toEqual(expected)
  })

  test('counts requests by route on Node', async () => {
    const app = application(new Registry())
    const server = serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const path of [...paths, '/named/1']) await (await fetch(url + path)).text()
    expect(await routes(() => fetch(`${url}/metrics`))).toEqual(expected)
    await new Promise((closed) => server.close(closed))
  })
})

describe('a plain fetch handler', () => {
  test('is counted, and rethrows its errors', async () => {
    const metrics = metricsMiddleware({ registry: new Registry() })
    const failure = new Error('of the application')
    const handle: Fetch = (request) => {
      if (request.url.endsWith('/fails')) throw failure
      setRoute(request, '/users/:id')
      return new Response('user', { status: 201 })
    }
    const serve: Fetch = (request) => metrics(request, handle)
    const response = await serve(new Request('http://x/users/1'))
    expect([response.status, await response.text()]).toEqual([201, 'user'])
    await expect(serve(new Request('http://x/fails'))).rejects.toBe(failure)
    expect(await routes(serve)).toEqual({ 'GET /users/:id 201': 1, 'GET  500': 1 })
  })
})

test('rejects a rule that a Request cannot satisfy', () => {
  const authorize = { allow: ['127.0.0.1'] }
  expect(() => metricsMiddleware({ registry: new Registry(), authorize })).toThrow(
    'authorize.allow: expected an authorize function',
  )
})

test('counts a frozen request once', async () => {
  const registry = new Registry()
  const inner = metricsMiddleware({ registry })
  const outer = metricsMiddleware({ registry })
  const handle: Fetch = (request) => {
    setRoute(request, '/frozen')
    return new Response('done')
  }
  const fetch: Fetch = (request) => outer(request, (passed) => inner(passed, handle))
  await fetch(Object.freeze(new Request('http://x/1')))
  expect(await routes(fetch)).toEqual({ 'GET /frozen 200': 1 })
})

test('passes a request on that throws at each access of its properties', async () => {
  const reported: unknown[] = []
  const registry = new Registry()
  const middleware = metricsMiddleware({ registry, onError: (error) => reported.push(error) })
  const failure = new Error('of the request')
  const request = new Proxy(new Request('http://x/1'), {
    get(target, key) {
      if (typeof key === 'symbol') throw failure
      return Reflect.get(target, key) as unknown
    },
  })
  const response = await middleware(request, () => new Response('done'))
  expect([await response.text(), reported]).toEqual(['done', [failure]])
})
