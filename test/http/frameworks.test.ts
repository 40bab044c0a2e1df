// oxlint-disable-next-line import/no-unassigned-import -- what Nest's decorators write to
import 'reflect-metadata'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveHono } from '@hono/node-server'
import { Router } from '@koa/router'
import { Controller, Get, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import compression from 'compression'
import connect from 'connect'
import express from 'express'
// @ts-expect-error -- its types would be those of Express 5
import express4 from 'express-4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { exposeMetrics, metricsResponse, setRoute } from '../../src/index.ts'
import { scrape } from '../support/scrape.ts'
import { listen, serve } from '../support/serve.ts'

function visitsRegistry(): Registry {
  const registry = new Registry()
  new Counter({ name: 'visits_total', help: 'Visits.', registers: [registry] }).inc(3)
  return registry
}

/** The routes of the finished requests, as `METHOD route status` → count. */
async function routes(url: string): Promise<Record<string, number>> {
  const body = await scrape(`${url}/metrics`)
  const counts =
    /^http_server_request_duration_seconds_count\{http_request_method="(.*)",http_route="(.*)",http_response_status_code="(.*)"\} (\d+)$/gm
  return Object.fromEntries(
    [...body.matchAll(counts)].map(([, method, route, status, count]) => [
      `${method} ${route} ${status}`,
      Number(count),
    ]),
  )
}

async function visit(url: string, ...paths: string[]): Promise<void> {
  for (const path of paths) await (await fetch(url + path)).arrayBuffer()
}

type Expose = (handler?: RequestListener) => RequestListener & express.RequestHandler

const versions = [
  ['5', express],
  ['4', express4 as typeof express],
] as const

/** Calls an application as Express calls middleware. */
const call = (app: RequestListener, ...parameters: Parameters<express.RequestHandler>): unknown =>
  Reflect.apply(app, undefined, parameters)

describe.for(versions)('Express %s', ([, makeExpress]) => {
  function application(): express.Express {
    const app = makeExpress()
    app.get('/', (_req, res) => void res.send('home'))
    app.get('/users/:id', (_req, res) => void res.send('user'))
    app.get(/^\/files\/.+/, (_req, res) => void res.send('file'))
    app.get(['/a', '/b'], (_req, res) => void res.send('either'))
    app.get('/fails', () => {
      throw new Error('of the application')
    })
    const posts = makeExpress.Router({ mergeParams: true })
    posts.get('/', (_req, res) => void res.send('posts'))
    posts.get('/:post', (_req, res) => void res.send('post'))
    app.use('/users/:id/posts', posts)
    const api = makeExpress.Router()
    api.get('/things/:thing', (_req, res) => void res.send('thing'))
    const nested = makeExpress.Router()
    nested.get('/deep', (_req, res) => void res.send('deep'))
    api.use('/nested-router', nested)
    api.use(nested)
    app.use('/api/v1', api)
    const admin = makeExpress()
    admin.get('/jobs/:job', (_req, res) => void res.send('job'))
    app.use('/admin', admin)
    app.use('/middleware', (_req, res) => void res.send('no route'))
    // What the application has to say of its failures is not the test's business.
    app.set('env', 'test')
    return app
  }

  const expected = {
    'GET / 200': 1,
    'GET /users/:id 200': 2,
    'GET /^\\\\/files\\\\/.+/ 200': 2,
    'GET /a|/b 200': 2,
    'GET /fails 500': 1,
    'GET /users/:id/posts 200': 1,
    'GET /users/:id/posts/:post 200': 2,
    'GET /api/v1/things/:thing 200': 2,
    'GET /api/v1/nested-router/deep 200': 1,
    'GET /api/v1/deep 200': 1,
    'GET /admin/jobs/:job 200': 2,
    'GET  404': 1,
    'GET  200': 1,
  }

  async function visitAll(url: string): Promise<void> {
    await visit(
      url,
      '/?q=1',
      '/users/1',
      '/users/2',
      '/files/x/y',
      '/files/z',
      '/a',
      '/b',
      '/fails',
    )
    await visit(url, '/users/1/posts', '/users/1/posts/7', '/users/2/posts/8')
    await visit(url, '/api/v1/things/9', '/API/V1/things/10', '/api/v1/nested-router/deep')
    await visit(url, '/api/v1/deep', '/admin/jobs/11', '/admin/jobs/12', '/missing/13')
    await visit(url, '/middleware/14')
  }

  test('records routes as its middleware', async () => {
    const app = makeExpress()
    app.use(exposeMetrics(undefined, { registry: visitsRegistry() }))
    app.use(application())
    await using served = await serve(app)
    expect(await scrape(`${served.url}/metrics`)).toContain('visits_total 3\n')
    await visitAll(served.url)
    expect(await routes(served.url)).toEqual(expected)
  })

  test('records routes in front of it', async () => {
    await using served = await serve(exposeMetrics(application(), { registry: visitsRegistry() }))
    expect(await scrape(`${served.url}/metrics`)).toContain('visits_total 3\n')
    await visitAll(served.url)
    expect(await routes(served.url)).toEqual(expected)
  })

  function failing(): express.Express {
    const app = makeExpress()
    const users = makeExpress.Router()
    users.get('/throws/:id', () => {
      throw new Error('of the application')
    })
    users.get('/hands-over/:id', (_req, _res, next) => next(new Error('of the application')))
    users.get('/passes/:id', (_req, _res, next) => next())
    const admin = makeExpress()
    admin.get('/jobs', (_req, _res, next) => next(new Error('of the application')))
    app.use('/users/:user', users).use('/admin', admin)
    app.get('/:any/7/passes/:id/on', (_req, _res, next) => next())
    app.use('/handled', users)
    app.use(((_error, _req, res, _next) => {
      res.status(503).end()
    }) satisfies express.ErrorRequestHandler)
    return app
  }

  test.for<readonly [string, (metrics: Expose) => RequestListener]>([
    ['records routes as its middleware', (metrics) => makeExpress().use(metrics()).use(failing())],
    ['records routes in front of it', (metrics) => metrics(failing())],
  ])('a route that was left still has the path of its router: %s', async ([, build]) => {
    const registry = visitsRegistry()
    const listener = build((handler) => exposeMetrics(handler, { registry }))
    await using served = await serve(listener)
    await visit(served.url, '/users/7/throws/1', '/users/7/hands-over/2', '/users/7/passes/3')
    await visit(served.url, '/users/7/passes/4/on', '/admin/jobs', '/handled/throws/5')
    expect(await routes(served.url)).toEqual({
      'GET /users/:user/throws/:id 503': 1,
      'GET /users/:user/hands-over/:id 503': 1,
      'GET /users/:user/passes/:id 404': 1,
      'GET /:any/7/passes/:id/on 404': 1,
      'GET /admin/jobs 503': 1,
      'GET /handled/throws/:id 503': 1,
    })
  })

  test('records routes of routers mounted in several places, at several times', async () => {
    const app = makeExpress()
    const router = makeExpress.Router()
    router.get('/leaf', (_req, res) => void res.send('leaf'))
    router.use('/itself', router)
    app.use('/one', router)
    app.use(['/two', '/some/:where'], router)
    app.get('/mount', (_req, res) => {
      app.use('/late/:time', router)
      res.send('mounted')
    })
    const other = makeExpress().use('/other', router)
    await using served = await serve(exposeMetrics(app, { registry: visitsRegistry() }))
    await using elsewhere = await serve(exposeMetrics(other, { registry: visitsRegistry() }))
    await visit(served.url, '/one/leaf', '/two/leaf', '/some/thing/leaf', '/one/itself/leaf')
    await visit(served.url, '/mount', '/late/8/leaf')
    await visit(elsewhere.url, '/other/leaf')
    expect(await routes(served.url)).toEqual({
      'GET /one/leaf 200': 1,
      'GET /two/leaf 200': 1,
      'GET /some/:where/leaf 200': 1,
      'GET /one/itself/leaf 200': 1,
      'GET /mount 200': 1,
      'GET /late/:time/leaf 200': 1,
    })
    expect(await routes(elsewhere.url)).toEqual({ 'GET /other/leaf 200': 1 })
  })

  test("leaves http_route empty when a sub-application's mount path is ambiguous", async () => {
    const app = makeExpress()
    const twice = makeExpress()
    twice.get('/leaf', (_req, res) => void res.send('leaf'))
    app.use('/v1', twice).use('/v2', twice)
    const inRouter = makeExpress()
    inRouter.get('/leaf', (_req, res) => void res.send('leaf'))
    app.use('/api', makeExpress.Router().use('/inner', inRouter))
    await using served = await serve(exposeMetrics(app, { registry: visitsRegistry() }))
    await visit(served.url, '/v1/leaf', '/v2/leaf', '/api/inner/leaf')
    expect(await routes(served.url)).toEqual({ 'GET  200': 2, 'GET /v2/leaf 200': 1 })
  })

  test('records a route matched before it until that route is left', async () => {
    const metrics = exposeMetrics(undefined, { registry: visitsRegistry() })
    const app = makeExpress()
    app.get('/users/:id', metrics as express.RequestHandler, (_req, res) => void res.send('user'))
    const posts = makeExpress.Router()
    posts.get('/:id', (_req, _res, next) => next())
    app.use('/posts', posts).use(metrics)
    await using served = await serve(app)
    await visit(served.url, '/users/1', '/posts/2')
    expect(await routes(served.url)).toEqual({ 'GET /users/:id 200': 1, 'GET  404': 1 })
  })

  test('keeps the route of a request an ordinary property for handlers', async () => {
    const app = makeExpress()
    const seen: unknown[] = []
    app.get('/users/:id', (req, res) => {
      const { route } = req as { route: unknown }
      const derived = Object.create(req) as { route: unknown }
      derived.route = 'its own'
      const through = new Proxy(req, {}) as { route: unknown }
      seen.push(Object.keys(req).includes('route'), { ...req }.route === route)
      seen.push(derived.route, req.route === route, through.route === route)
      through.route = 'by a proxy'
      seen.push(req.route)
      req.route = route as typeof req.route
      seen.push(delete req.route, req.route)
      res.end()
    })
    await using served = await serve(exposeMetrics(app, { registry: visitsRegistry() }))
    await visit(served.url, '/users/1')
    expect(seen).toEqual([true, true, 'its own', true, true, 'by a proxy', true, undefined])
    expect(await routes(served.url)).toEqual({ 'GET /users/:id 200': 1 })
  })

  test('records the routes of applications that it calls as functions', async () => {
    const passedOn = (path: string, other: typeof express): RequestListener => {
      const inner = other()
      inner.get(path, (_req, res) => void res.send('inner'))
      return inner
    }
    const app = makeExpress()
    const others = versions.map(([version, other]) => passedOn(`/of-${version}/:id`, other))
    for (const other of others) app.use((req, res, next) => void call(other, req, res, next))
    app.get('/own/:id', (_req, res) => void res.send('own'))
    await using served = await serve(exposeMetrics(app, { registry: visitsRegistry() }))
    for (const id of [1, 2]) await visit(served.url, `/of-5/${id}`, `/of-4/${id}`, `/own/${id}`)
    expect(await routes(served.url)).toEqual({
      'GET /of-5/:id 200': 2,
      'GET /of-4/:id 200': 2,
      'GET /own/:id 200': 2,
    })
  })

  test('records a route that an application called as a function has left', async () => {
    const items = makeExpress.Router()
    items.get('/:id', () => {
      throw new Error('of the application')
    })
    const inner = makeExpress().use('/items', items)
    inner.use(((_error, _req, res, _next) => {
      res.status(503).end()
    }) satisfies express.ErrorRequestHandler)
    const app = makeExpress().use((req, res, next) => void call(inner, req, res, next))
    await using served = await serve(exposeMetrics(app, { registry: visitsRegistry() }))
    await visit(served.url, '/items/1')
    expect(await routes(served.url)).toEqual({ 'GET /items/:id 503': 1 })
  })

  test('records a route that is matched after the middleware has left its application', async () => {
    const app = makeExpress()
    const inner = makeExpress()
    inner.use(exposeMetrics(undefined, { registry: visitsRegistry() }))
    app.use(inner).get('/users/:id', (_req, res) => void res.send('user'))
    await using served = await serve(app)
    await visit(served.url, '/users/1', '/users/2')
    expect(await routes(served.url)).toEqual({ 'GET /users/:id 200': 2 })
  })

  test('leaves requests alone that no listener observes', async () => {
    const app = makeExpress()
    app.get('/users/:id', (req, res) => {
      res.json(Object.getOwnPropertyDescriptor(req, 'route'))
    })
    await using observed = await serve(exposeMetrics(app, { registry: visitsRegistry() }))
    await visit(observed.url, '/users/1')
    await using served = await serve(app)
    const response = await fetch(`${served.url}/users/1`)
    expect(await response.json()).toMatchObject({
      value: { path: '/users/:id' },
      writable: true,
      enumerable: true,
      configurable: true,
    })
  })

  test.for<readonly [string, (app: express.Express, metrics: express.RequestHandler) => void]>([
    ["app.get('/metrics', …)", (app, metrics) => void app.get('/metrics', metrics)],
    ["app.use('/metrics', …)", (app, metrics) => void app.use('/metrics', metrics)],
    ["app.all('/metrics', …)", (app, metrics) => void app.all('/metrics', metrics)],
  ])('at a route: %s', async ([, mount]) => {
    const app = makeExpress()
    mount(app, exposeMetrics(undefined, { registry: visitsRegistry() }))
    app.get('/other', (_req, res) => void res.send('other'))
    await using served = await serve(app)
    for (const path of ['/metrics', '/metrics/', '/metrics?name[]=visits_total']) {
      expect(await scrape(served.url + path)).toContain('visits_total 3\n')
    }
    expect((await fetch(`${served.url}/metrics/deeper`)).status).toBe(404)
    expect(await (await fetch(`${served.url}/other`)).text()).toBe('other')
  })

  test('records routes in a mounted router', async () => {
    const app = makeExpress()
    const internal = makeExpress.Router()
    internal.use(exposeMetrics(undefined, { registry: visitsRegistry() }))
    app.use('/internal', internal)
    await using served = await serve(app)
    expect(await scrape(`${served.url}/internal/metrics`)).toContain('visits_total 3\n')
    expect((await fetch(`${served.url}/metrics`)).status).toBe(404)
  })
})

test('adds no listener per chunk to a large body of Express behind compression()', async () => {
  const warnings: string[] = []
  const onWarning = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', onWarning)
  const registry = visitsRegistry()
  const labelNames = ['id']
  const large = new Counter({
    name: 'large_total',
    help: 'Large.',
    labelNames,
    registers: [registry],
  })
  for (let id = 0; id < 20_000; id++) large.inc({ id: `${id} ${'x'.repeat(100)}` })
  const app = express()
  app.use(compression())
  app.use(exposeMetrics(undefined, { registry, compression: false }))
  await using served = await serve(app)
  const headers = { 'accept-encoding': 'gzip' }
  const response = await fetch(`${served.url}/metrics`, { headers })
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect((await response.text()).match(/^large_total/gm)).toHaveLength(20_000)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('records routes of Express 5 routers mounted at patterns', async () => {
  const app = express()
  const router = express.Router()
  router.get('/leaf', (_req, res) => void res.send('leaf'))
  for (const path of ['/v:version', '/rest/*path', /^\/any-[a-z]+/, /^\/placed/y]) {
    app.use(path, router)
  }
  const listener = exposeMetrics(app, { registry: visitsRegistry() })
  await using served = await serve(listener)
  await visit(served.url, '/v1/leaf', '/any-x/leaf', '/placed/leaf')
  expect(await routes(served.url)).toEqual({
    'GET /v:version/leaf 200': 1,
    'GET /^\\\\/any-[a-z]+/leaf 200': 1,
    'GET  200': 1,
  })
})

describe('Connect', () => {
  test('records routes as its middleware', async () => {
    const app = connect()
    app.use(exposeMetrics(undefined, { registry: visitsRegistry() }))
    app.use('/api', (req, res) => res.end(req.url))
    await using served = await serve(app)
    expect(await scrape(`${served.url}/metrics`)).toContain('visits_total 3\n')
    expect((await fetch(`${served.url}/metrics`, { method: 'POST' })).status).toBe(405)
    expect(await (await fetch(`${served.url}/api/users/1`)).text()).toBe('/users/1')
    await visit(served.url, '/missing/2')
    expect(await routes(served.url)).toEqual({ 'GET  200': 1, 'GET  404': 1 })
  })

  test("answers at a path: app.use('/metrics', …)", async () => {
    const app = connect()
    app.use('/metrics', exposeMetrics(undefined, { registry: visitsRegistry() }))
    await using served = await serve(app)
    for (const path of ['/metrics', '/metrics/', '/metrics?name[]=visits_total']) {
      expect(await scrape(served.url + path)).toContain('visits_total 3\n')
    }
    expect((await fetch(`${served.url}/metrics/deeper`)).status).toBe(404)
  })
})

describe('Fastify', () => {
  test('records routes in an onRequest hook', async () => {
    const app = Fastify()
    const metrics = exposeMetrics(undefined, { registry: visitsRegistry() })
    app.addHook('onRequest', (request, reply, done) => {
      setRoute(request.raw, request.routeOptions.url)
      metrics(request.raw, reply.raw, () => done())
    })
    app.get('/users/:id', () => 'user')
    void app.register(
      (child, _options, done) => {
        child.get('/things/:thing', () => 'thing')
        done()
      },
      { prefix: '/api' },
    )
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(await scrape(`${url}/metrics`)).toContain('visits_total 3\n')
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    await visit(url, '/users/1', '/users/2', '/api/things/3', '/missing')
    expect(await routes(url)).toEqual({
      'GET /users/:id 200': 2,
      'GET /api/things/:thing 200': 1,
      'GET  404': 1,
    })
    await app.close()
  })

  test('records routes in front of it with serverFactory', async () => {
    const app = Fastify({
      serverFactory: (handler) =>
        createServer(exposeMetrics(handler, { registry: visitsRegistry() })),
    })
    app.get('/users/:id', () => 'user')
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(await scrape(`${url}/metrics`)).toContain('visits_total 3\n')
    await visit(url, '/users/1')
    expect(await routes(url)).toEqual({ 'GET  200': 1 })
    await app.close()
  })
})

test('records routes in front of Koa', async () => {
  const app = new Koa()
  // What the application has to say of its failures is not the test's business.
  app.silent = true
  const router = new Router({ prefix: '/api' })
  router.get('/users/:id', (context) => {
    context.body = 'user'
  })
  router.get('/nobody/:id', (context) => context.throw(404))
  router.get(/^\/files\/.+/, (context) => {
    context.body = 'file'
  })
  router.get('/fails/:id', () => {
    throw new Error('of the application')
  })
  app.use(async (context, next) => {
    try {
      await next()
    } finally {
      setRoute(context.req, context['_matchedRoute'])
    }
  })
  app.use(router.routes())
  const callback = app.callback()
  await using served = await serve(exposeMetrics(callback, { registry: visitsRegistry() }))
  expect(await scrape(`${served.url}/metrics`)).toContain('visits_total 3\n')
  await visit(served.url, '/api/users/1', '/api/users/2', '/missing')
  await visit(served.url, '/api/nobody/3', '/api/fails/4', '/files/x/y')
  expect(await routes(served.url)).toEqual({
    'GET /api/users/:id 200': 2,
    'GET /api/nobody/:id 404': 1,
    'GET /api/fails/:id 500': 1,
    'GET /^\\\\/files\\\\/.+/ 200': 1,
    'GET  404': 1,
  })
})

describe('NestJS', () => {
  class UsersController {
    one(id: string): string {
      return id
    }
  }
  // Decorators, as the compiler would apply them.
  const one = Object.getOwnPropertyDescriptor(UsersController.prototype, 'one')
  Controller('users')(UsersController)
  Get(':id')(UsersController.prototype, 'one', one as PropertyDescriptor)
  Param('id')(UsersController.prototype, 'one', 0)
  // oxlint-disable-next-line typescript/no-extraneous-class -- what Nest calls a module
  class AppModule {}
  Module({ controllers: [UsersController] })(AppModule)

  test('records routes on Express', async () => {
    const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false })
    app.setGlobalPrefix('api')
    app.use(exposeMetrics(undefined, { registry: visitsRegistry() }))
    await app.listen(0, '127.0.0.1')
    const url = await app.getUrl()
    expect(await scrape(`${url}/metrics`)).toContain('visits_total 3\n')
    await visit(url, '/api/users/1', '/api/users/2')
    expect(await routes(url)).toEqual({ 'GET /api/users/:id 200': 2 })
    await app.close()
  })

  test('records routes on Fastify', async () => {
    const adapter = new FastifyAdapter()
    const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
      logger: false,
    })
    const metrics = exposeMetrics(undefined, { registry: visitsRegistry() })
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', (request, reply, done) => {
        setRoute(request.raw, request.routeOptions.url)
        metrics(request.raw, reply.raw, () => done())
      })
    await app.listen(0, '127.0.0.1')
    const url = await app.getUrl()
    expect(await scrape(`${url}/metrics`)).toContain('visits_total 3\n')
    await visit(url, '/users/1', '/users/2')
    expect(await routes(url)).toEqual({ 'GET /users/:id 200': 2 })
    await app.close()
  })
})

describe('Hono', () => {
  test('records routes on Node', async () => {
    const options = { registry: visitsRegistry() }
    const app = new Hono()
    app.get('/metrics', (context) => metricsResponse(context.req.raw, options))
    app.get('/', (context) => context.text('home'))
    const server = serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await scrape(`${url}/metrics`)).toContain('visits_total 3\n')
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100)
    expect(await (await fetch(url)).text()).toBe('home')
    await new Promise((closed) => server.close(closed))
  })

  test('records routes without a server', async () => {
    const app = new Hono().get('/metrics', (context) =>
      metricsResponse(context.req.raw, { registry: visitsRegistry() }),
    )
    const response = await app.request('/metrics', { headers: { accept: 'text/plain' } })
    expect(await response.text()).toContain('visits_total 3\n')
  })
})

test('answers scrapes on a separate port', async () => {
  const server = createServer(exposeMetrics(undefined, { registry: visitsRegistry() }))
  await using served = await listen(server)
  expect(await scrape(`${served.url}/metrics`)).toContain('visits_total 3\n')
})
