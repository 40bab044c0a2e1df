import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { PrismaPg } from '@prisma/adapter-pg'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { exposeMetrics, metricsMiddleware, prismaMetrics, setRoute } from '../../src/index.ts'
import {
  expectNoNPlusOne,
  expectOperations,
  metricMatchers,
  type MetricMatchers,
  snapshot,
} from '../../src/testing/index.ts'
import { type Served, serve } from '../support/serve.ts'
import { type Connected, connect } from '../events/connect.ts'

declare module 'vitest' {
  interface Matchers<T> extends MetricMatchers<Promise<T>> {}
}

expect.extend(metricMatchers)

interface Application extends Connected {
  readonly url: string
}

async function running(
  application: (connected: Connected) => RequestListener,
  options: Parameters<typeof exposeMetrics>[1] = {},
): Promise<Application> {
  const connected = await connect({ nPlusOne: { threshold: 5 } })
  const { registry } = connected
  const served: Served = await serve(
    exposeMetrics(application(connected), { registry, ...options }),
  )
  onTestFinished(() => served[Symbol.asyncDispose]())
  return { ...connected, url: served.url }
}

function workspaceApi({ prisma }: Connected): RequestListener {
  const app = express()
  app.use(express.json())
  app.get('/workspaces', async (_req, res) => {
    res.json(await prisma.workspace.findMany({ include: { alerts: true } }))
  })
  app.get('/workspaces/:id', async (req, res) => {
    res.json(await prisma.workspace.findUnique({ where: { id: Number(req.params.id) } }))
  })
  app.get('/alerts', async (_req, res) => {
    const workspaces = await prisma.workspace.findMany()
    const alerts = []
    for (const { id } of workspaces)
      alerts.push(...(await prisma.alert.findMany({ where: { workspaceId: id } })))
    res.json(alerts)
  })
  app.post('/tags', async (req, res) => {
    const { name } = req.body as { name: string }
    res.status(201).json(await prisma.tag.create({ data: { name } }))
  })
  const tags = express.Router()
  tags.delete('/:id', async (req, res) => {
    res.json(await prisma.tag.delete({ where: { id: Number(req.params.id) } }))
  })
  app.use('/workspaces/:workspace/tags', tags)
  // What the application has to say of its failures is not the test's business.
  app.set('env', 'test')
  return app
}

test('makes each request a scope, named by method and route', async () => {
  const { url, registry } = await running(workspaceApi)

  await fetch(`${url}/workspaces/1`)
  await fetch(`${url}/workspaces/2?verbose=1`)
  await fetch(`${url}/workspaces`)
  await fetch(`${url}/nothing/here`)
  const tag = { method: 'POST', headers: { 'content-type': 'application/json' } }
  await fetch(`${url}/tags`, { ...tag, body: JSON.stringify({ name: 'a' }) })
  await fetch(`${url}/tags`, { ...tag, body: JSON.stringify({ name: 'a' }) })
  await fetch(`${url}/workspaces/1/tags/1`, { method: 'DELETE' })
  await fetch(`${url}/workspaces/1/tags/1`, { method: 'DELETE' })
  await fetch(`${url}/metrics`)

  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_duration_seconds_count'))
    .toBe(8)
  const now = await snapshot(registry)
  const tagScope = 'DELETE /workspaces/:workspace/tags/:id'
  const scopes = ['GET /workspaces/:id', 'GET /workspaces', 'GET', 'POST /tags', tagScope]
  expect(
    scopes.map((scope) => [
      scope,
      now.value('prisma_scope_duration_seconds_count', { scope, outcome: 'ok' }),
      now.value('prisma_scope_duration_seconds_count', { scope, outcome: 'error' }),
      now.value('prisma_scope_operations_sum', { scope }),
    ]),
  ).toEqual([
    ['GET /workspaces/:id', 2, 0, 2],
    ['GET /workspaces', 1, 0, 1],
    ['GET', 1, 0, 0],
    // The second answered 500.
    ['POST /tags', 1, 1, 2],
    [tagScope, 1, 1, 2],
  ])
})

test('makes a request a scope of the clients that it used', async () => {
  const { url, registry } = await running((connected) => {
    const { extension } = prismaMetrics({ registry: connected.registry, client: 'other' })
    const other = new PrismaClient({
      adapter: new PrismaPg({ connectionString: connected.database.url }),
    }).$extends(extension)
    onTestFinished(() => other.$disconnect())
    const app = express()
    app.get('/one', async (_req, res) => res.json(await connected.prisma.tag.count()))
    app.get('/both', async (_req, res) =>
      res.json((await connected.prisma.tag.count()) + (await other.tag.count())),
    )
    return app.get('/none', (_req, res) => res.json(0))
  })
  for (const path of ['one', 'both', 'none']) await fetch(`${url}/${path}`)

  const scopesOf = async (client: string): Promise<unknown[]> => {
    const now = await snapshot(registry)
    return ['GET /one', 'GET /both', 'GET /none'].map((scope) =>
      now.value('prisma_scope_operations_count', { client, scope }),
    )
  }
  await expect.poll(() => scopesOf('other')).toEqual([0, 1, 0])
  expect(await scopesOf('default')).toEqual([1, 1, 0])
})

test('keeps concurrent requests apart', async () => {
  const { url, prisma, registry } = await running(workspaceApi)
  await prisma.workspace.createMany({
    data: [1, 2, 3].map((id) => ({ slug: `w${id}`, name: 'W' })),
  })

  await Promise.all(
    Array.from({ length: 60 }, (_, count) =>
      fetch(url + ['/workspaces/1', '/alerts', '/workspaces'][count % 3]),
    ),
  )

  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_duration_seconds_count'))
    .toBe(60)
  const now = await snapshot(registry)
  const sum = (scope: string): number => now.value('prisma_scope_operations_sum', { scope })
  expect([sum('GET /workspaces/:id'), sum('GET /alerts'), sum('GET /workspaces')]).toEqual([
    20,
    20 * 4,
    20,
  ])
})

test('keeps requests of one tick apart, even if Prisma merges their queries', async () => {
  const { url, registry } = await running(({ prisma }) =>
    express().get('/workspaces/:id/:times', async (req, res) => {
      const where = { id: Number(req.params.id) }
      const times = Array.from({ length: Number(req.params.times) })
      res.json(await Promise.all(times.map(() => prisma.workspace.findUnique({ where }))))
    }),
  )
  // What comes in one packet is parsed, and handled, in one go.
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
  const before = await snapshot(registry)
  const requests = ['/workspaces/1/1', '/workspaces/2/3', '/workspaces/3/5']
  const close = 'Connection: close\r\n'
  socket.write(
    requests
      .map((path, at) => `GET ${path} HTTP/1.1\r\nHost: a\r\n${at === 2 ? close : ''}\r\n`)
      .join(''),
  )
  const replies = await text(socket)
  expect(replies.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)

  const scope = 'GET /workspaces/:id/:times'
  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_operations_count', { scope }))
    .toBe(3)
  const select = { statement: 'select' }
  await expect(before).toHaveObserved('prisma_statement_duration_seconds', select, 1)
  const now = await snapshot(registry)
  const upTo = (le: number): number => now.value('prisma_scope_operations_bucket', { scope, le })
  expect([upTo(0), upTo(1), upTo(2), upTo(5)]).toEqual([0, 1, 1, 3])
  expect(now.value('prisma_scope_operations_sum', { scope })).toBe(9)
})

test('reports an N+1 loop in a request, and fails the test of the application', async () => {
  const { url, prisma, registry } = await running(workspaceApi)
  await prisma.workspace.createMany({
    data: [1, 2, 3, 4, 5, 6].map((id) => ({ slug: `w${id}`, name: 'W' })),
  })
  const get = async (path: string): Promise<number> => (await fetch(url + path)).status

  expect(await expectNoNPlusOne(() => get('/workspaces'), { registry })).toBe(200)
  // Requests of their own are not a loop.
  await expectNoNPlusOne(() => Promise.all([1, 2, 3, 4, 5].map((id) => get(`/workspaces/${id}`))), {
    registry,
  })
  await expect(expectNoNPlusOne(() => get('/alerts'), { registry })).rejects.toThrow(
    '6 × Alert.findMany { where: { workspaceId: ? } }\n      at ',
  )
  await expect(expectOperations(() => get('/alerts'), { registry }).toBeAtMost(3)).rejects.toThrow(
    'expected at most 3 operations, got 7:\n  6 × Alert.findMany\n  1 × Workspace.findMany',
  )

  const suspect = { scope: 'GET /alerts', model: 'Alert', operation: 'findMany' }
  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_n_plus_one_suspects_total', suspect))
    .toBe(2)
})

test('counts operations in the events of a request body', async () => {
  const { url, registry } = await running(
    ({ prisma }) =>
      (req: IncomingMessage, res: ServerResponse) => {
        req.on('data', () => {})
        req.on('end', () => {
          void prisma.tag.count().then((count) => res.end(String(count)))
        })
      },
  )

  const body = 'a'.repeat(300_000)
  expect(await (await fetch(url, { method: 'POST', body })).text()).toBe('0')

  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_operations_sum'))
    .toBe(1)
})

const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' }

test('counts operations after Fastify has parsed the body', async () => {
  const { prisma, registry } = await connect()
  const app = Fastify()
  const metrics = exposeMetrics(undefined, { registry })
  app.addHook('onRequest', (request, reply, done) => {
    setRoute(request.raw, request.routeOptions.url)
    metrics(request.raw, reply.raw, () => done())
  })
  app.post('/tags/:name', async () => prisma.tag.count())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())

  expect(await (await fetch(`${url}/tags/a`, asked)).text()).toBe('0')

  const scope = { scope: 'POST /tags/:name' }
  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_operations_sum', scope))
    .toBe(1)
})

test('counts operations after Koa has read the body', async () => {
  const { url, registry } = await running(({ prisma }) => {
    const app = new Koa()
    app.use(async (context) => {
      await new Promise((resolve) => context.req.resume().on('end', resolve))
      context.body = String(await prisma.tag.count())
    })
    return app.callback()
  })

  expect(await (await fetch(url, asked)).text()).toBe('0')

  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_operations_sum'))
    .toBe(1)
})

test('calls the handler with the same arguments and this', async () => {
  const thrown = new Error('thrown')
  const connected = await connect()
  const listener = exposeMetrics(
    () => {
      throw thrown
    },
    { registry: connected.registry },
  )
  let caught: unknown
  await using served = await serve((req, res) => {
    try {
      listener(req, res)
    } catch (error) {
      caught = error
      res.end()
    }
  })

  await fetch(served.url)

  expect(caught).toBe(thrown)
})

test('records an error for a request whose client has disconnected', async () => {
  const { url, registry } = await running(() => (_req, res) => {
    res.write('a')
  })
  const abort = new AbortController()

  await fetch(url, { signal: abort.signal })
  abort.abort()

  await expect
    .poll(async () =>
      (await snapshot(registry)).value('prisma_scope_duration_seconds_count', { scope: 'GET' }),
    )
    .toBe(1)
  const now = await snapshot(registry)
  expect(now.value('prisma_scope_duration_seconds_count', { outcome: 'error' })).toBe(1)
})

test('turns off scopes separately from HTTP metrics', async () => {
  const off = await running(workspaceApi, { scopes: false })
  await fetch(`${off.url}/workspaces`)
  const only = await running(workspaceApi, { http: false })
  await fetch(`${only.url}/workspaces`)

  await expect
    .poll(async () => (await snapshot(only.registry)).value('prisma_scope_operations_sum'))
    .toBe(1)
  expect((await snapshot(off.registry)).value('prisma_scope_operations_count')).toBe(0)
  const http = { http_route: '/workspaces' }
  expect(
    (await snapshot(off.registry)).value('http_server_request_duration_seconds_count', http),
  ).toBe(1)
})

test('metricsMiddleware makes each request of a Fetch server a scope', async () => {
  const { prisma, registry } = await connect({ nPlusOne: { threshold: 5 } })
  const app = new Hono()
  app.use(metricsMiddleware({ registry }))
  app.get('/workspaces/:id', async (context) => {
    await prisma.workspace.count()
    return context.json(await prisma.workspace.count())
  })
  const before = await snapshot(registry)
  await Promise.all([app.request('/workspaces/1'), app.request('/workspaces/2')])
  const scope = 'GET /workspaces/:id'
  await expect(before).toHaveObserved('prisma_scope_duration_seconds', { scope, outcome: 'ok' }, 2)
  await expect(before).toHaveIncremented('prisma_scope_operations_sum', { scope }, 4)
})
