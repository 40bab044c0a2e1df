import { createServer, get, IncomingMessage, request, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Gauge, Histogram, Registry } from 'prom-client'
import { describe, expect, test, vi } from 'vitest'
import { exposeMetrics, type ExpositionOptions } from '../../src/index.ts'
import { scrape, valueOf } from '../support/scrape.ts'
import { listen, type Served, serve } from '../support/serve.ts'

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown

function serveHandler(
  handler: Handler,
  options: Partial<ExpositionOptions> = {},
): Promise<Served & { registry: Registry }> {
  const registry = new Registry()
  return serve(exposeMetrics(handler, { registry, ...options })).then((served) =>
    Object.assign(served, { registry }),
  )
}

/** The finished requests, as `METHOD route status` → count, and those in progress by method. */
async function requests({ url }: Served): Promise<Record<string, number>> {
  const body = await scrape(`${url}/metrics`)
  const seen: Record<string, number> = {}
  const counts =
    /^http_server_request_duration_seconds_count\{http_request_method="(.*)",http_route="(.*)",http_response_status_code="(.*)"\} (\d+)$/gm
  for (const [, method, route, status, count] of body.matchAll(counts)) {
    seen[`${method} ${route} ${status}`] = Number(count)
  }
  const active = /^http_server_active_requests\{http_request_method="(.*)"\} (-?\d+)$/gm
  for (const [, method, count] of body.matchAll(active)) {
    if (count !== '0') seen[`active ${method}`] = Number(count)
  }
  return seen
}

async function expectRequests(served: Served, expected: Record<string, number>): Promise<void> {
  await expect.poll(() => requests(served), { timeout: 3000 }).toEqual(expected)
}

test('counts each request once by method, route and status, except scrapes', async () => {
  await using served = await serveHandler((req, res) => {
    res.statusCode = req.url === '/missing' ? 404 : 200
    res.end('ok')
  })
  await fetch(`${served.url}/a`)
  await fetch(`${served.url}/b`)
  await fetch(`${served.url}/missing`)
  await fetch(`${served.url}/a`, { method: 'POST', body: 'x' })
  await fetch(`${served.url}/metrics`, { method: 'POST' })
  expect(await requests(served)).toEqual({ 'GET  200': 2, 'GET  404': 1, 'POST  200': 1 })
})

test('records the duration in its buckets', async () => {
  await using served = await serveHandler(async (_req, res) => {
    await sleep(60)
    res.end('ok')
  })
  await fetch(served.url)
  const body = await scrape(`${served.url}/metrics`)
  const labels = 'http_request_method="GET",http_route="",http_response_status_code="200"'
  const sum = valueOf(body, `http_server_request_duration_seconds_sum{${labels}}`) ?? 0
  expect(sum).toBeGreaterThan(0.055)
  expect(sum).toBeLessThan(1)
  const bucket = `http_server_request_duration_seconds_bucket{${labels},le="0.05"}`
  expect(valueOf(body, bucket)).toBe(0)
})

test('records unknown methods as _OTHER', async () => {
  await using served = await serveHandler((_req, res) => res.end())
  for (const method of ['PROPFIND', 'PURGE', 'SUBSCRIBE', 'OPTIONS', 'HEAD', 'PATCH']) {
    const asked = request({ host: '127.0.0.1', port: served.port, method, agent: false }).end()
    await new Promise((resolve) =>
      asked.on('response', (response) => response.resume().on('end', resolve)),
    )
  }
  expect(await requests(served)).toEqual({
    '_OTHER  200': 3,
    'OPTIONS  200': 1,
    'HEAD  200': 1,
    'PATCH  200': 1,
  })
})

test('counts a request as active until it is answered', async () => {
  let answer = (): void => {}
  await using served = await serveHandler((_req, res) => {
    answer = () => res.end()
  })
  const waiting = fetch(served.url)
  await expectRequests(served, { 'active GET': 1 })
  answer()
  await waiting
  await expectRequests(served, { 'GET  200': 1 })
})

test('records no status for a client that disconnects before the answer', async () => {
  await using served = await serveHandler(() => {})
  const asked = get({ host: '127.0.0.1', port: served.port, agent: false })
  asked.on('error', () => {})
  await expectRequests(served, { 'active GET': 1 })
  asked.destroy()
  await expectRequests(served, { 'GET  ': 1 })
})

test('records the sent status for a client that disconnects during a stream', async () => {
  await using served = await serveHandler((_req, res) => {
    res.writeHead(206)
    res.write('the beginning')
  })
  const asked = get({ host: '127.0.0.1', port: served.port, agent: false })
  asked.on('error', () => {})
  await new Promise((resolve) => asked.on('response', (response) => response.once('data', resolve)))
  await expectRequests(served, { 'active GET': 1 })
  asked.destroy()
  await expectRequests(served, { 'GET  206': 1 })
})

test('times a stream to its end', async () => {
  await using served = await serveHandler(async (_req, res) => {
    for (let chunk = 0; chunk < 5; chunk++) {
      res.write('chunk')
      await sleep(20)
    }
    res.end()
  })
  await (await fetch(served.url)).text()
  const body = await scrape(`${served.url}/metrics`)
  const labels = 'http_request_method="GET",http_route="",http_response_status_code="200"'
  const sum = `http_server_request_duration_seconds_sum{${labels}}`
  expect(valueOf(body, sum)).toBeGreaterThan(0.09)
})

test('records a request whose handler destroys the socket', async () => {
  await using served = await serveHandler((req) => req.socket.destroy())
  await expect(fetch(served.url)).rejects.toThrow('fetch failed')
  await expectRequests(served, { 'GET  ': 1 })
})

test('records an upgrade that the handler answers until its socket closes', async () => {
  await using served = await serveHandler((req, res) => {
    const { socket } = req
    res.detachSocket(socket)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  })
  const socket = connect(served.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  await new Promise((resolve) => socket.once('data', resolve))
  await expectRequests(served, { 'active GET': 1 })
  socket.destroy()
  await expectRequests(served, { 'GET  ': 1 })
})

test('does not record an upgrade that the server handles', async () => {
  const registry = new Registry()
  const server = createServer(exposeMetrics((_req, res) => res.end('ok'), { registry }))
  server.on('upgrade', (_req, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  })
  await using served = await listen(server)
  const socket = connect(served.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  await new Promise((resolve) => socket.once('close', resolve).resume())
  await fetch(served.url)
  await expectRequests(served, { 'GET  200': 1 })
})

test('counts each pipelined request of one connection without a warning', async () => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', onWarning)
  await using served = await serveHandler((_req, res) => setTimeout(() => res.end('ok'), 5))
  const socket = connect(served.port, '127.0.0.1')
  const one = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
  socket.write(one.repeat(39) + one.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'))
  await new Promise((resolve) => socket.once('close', resolve).resume())
  await expectRequests(served, { 'GET  200': 40 })
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

// What the adapters of cloud functions put in the place of a socket.
test.for([
  ['but an address', { remoteAddress: '192.0.2.1', end: () => {}, destroy: () => {} }],
  ['or anything in its place', undefined],
])('records a request without a connection %s, as in a cloud function', async ([, socket]) => {
  const registry = new Registry()
  const listener = exposeMetrics((_req, res) => res.end('ok'), { registry })
  const ask = async (url: string): Promise<string> => {
    const nothing = (): void => {}
    const req = Object.assign(new IncomingMessage(socket as never), { method: 'GET', url })
    req.httpVersionMajor = 1
    const res = new ServerResponse(req)
    let sent = ''
    const write = (chunk: string | Buffer, ...rest: unknown[]): boolean => {
      sent += chunk.toString()
      const written = rest.at(-1)
      if (typeof written === 'function') written()
      return true
    }
    const sink = { writable: true, on: nothing, cork: nothing, uncork: nothing, write }
    const rest = { end: nothing, destroy: nothing, removeListener: nothing, _writableState: {} }
    res.assignSocket({ ...sink, ...rest } as never)
    const finished = new Promise((resolve) => res.once('finish', resolve))
    listener(req, res)
    await finished
    return sent
  }
  expect(await ask('/')).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  const body = await ask('/metrics')
  expect(valueOf(body, 'http_server_active_requests{http_request_method="GET"}')).toBe(0)
  expect(valueOf(body, 'prisma_exposition_requests_in_flight')).toBe(1)
  const labels = 'http_request_method="GET",http_route="",http_response_status_code="200"'
  expect(valueOf(body, `http_server_request_duration_seconds_count{${labels}}`)).toBe(1)
  expect(valueOf(await ask('/metrics'), 'prisma_exposition_requests_in_flight')).toBe(1)
})

test('ends a scrape whose request object has no socket', async () => {
  const registry = new Registry()
  const listener = exposeMetrics((_req, res) => res.end('ok'), { registry })
  await using served = await serve((req, res) => {
    const broken: PropertyDescriptor = {
      get() {
        throw new Error('of its maker')
      },
    }
    if (req.url === '/metrics?broken') Object.defineProperty(req, 'httpVersionMajor', broken)
    listener(req, res)
  })
  await expect(fetch(`${served.url}/metrics?broken`)).rejects.toThrow('fetch failed')
  const body = await scrape(`${served.url}/metrics`)
  expect(valueOf(body, 'prisma_exposition_requests_in_flight')).toBe(1)
})

test('counts a request once that passes two listeners', async () => {
  const registry = new Registry()
  const inner = exposeMetrics((_req, res) => res.end('ok'), { registry, path: '/inner' })
  await using served = await serve(exposeMetrics(inner, { registry }))
  await fetch(served.url)
  expect(await requests(served)).toEqual({ 'GET  200': 1 })
})

test('calls route(req, res) at the end of the request', async () => {
  await using served = await serveHandler((_req, res) => res.writeHead(201).end(), {
    route: (req, res) => (req.url?.startsWith('/users/') ? `/users/:id` : String(res.statusCode)),
  })
  await fetch(`${served.url}/users/5`)
  await fetch(`${served.url}/elsewhere`)
  expect(await requests(served)).toEqual({ 'GET /users/:id 201': 1, 'GET 201 201': 1 })
})

test('leaves http_route empty if route(req, res) throws or returns undefined', async () => {
  const ways = [
    () => {
      throw new Error('of the route')
    },
    () => undefined,
  ]
  for (const route of ways) {
    await using served = await serveHandler((_req, res) => res.end(), { route })
    await fetch(`${served.url}/users/5`)
    expect(await requests(served)).toEqual({ 'GET  200': 1 })
  }
})

test('leaves http_route empty if other code has redefined the route property', async () => {
  const own = (descriptor: PropertyDescriptor) => (req: object) =>
    Object.defineProperty(req, 'route', descriptor)
  const inherited = (req: object): object =>
    Object.setPrototypeOf(
      req,
      Object.create(Object.getPrototypeOf(req) as object, { route: { value: { path: '/c' } } }),
    ) as object
  const others = [own({ value: { path: '/a' } }), own({ get: () => ({ path: '/b' }) }), inherited]
  const registry = new Registry()
  const listener = exposeMetrics(
    (req, res) => res.end((req as { route?: { path: string } }).route?.path),
    { registry },
  )
  await using served = await serve((req, res) => {
    others[Number(req.url?.slice(1))]?.(req)
    listener(req, res)
  })
  const paths = others.map(async (_, index) => (await fetch(`${served.url}/${index}`)).text())
  expect(await Promise.all(paths)).toEqual(['/a', '/b', '/c'])
  expect(await requests(served)).toEqual({ 'GET  200': 3 })
})

test('adds no enumerable property to a request', async () => {
  const seen: (string | symbol)[][] = []
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    const isEnumerable = (key: PropertyKey): boolean =>
      Object.prototype.propertyIsEnumerable.call(req, key)
    seen.push(Reflect.ownKeys(req).filter(isEnumerable))
    res.end()
  }
  await using served = await serveHandler(handle)
  await using bare = await serve(handle)
  await fetch(served.url)
  await fetch(bare.url)
  expect(seen[0]).toEqual(seen[1])
})

test('adds no route property to a request before the application does', async () => {
  const seen: unknown[] = []
  await using served = await serveHandler((req, res) => {
    const routed = req as { route?: unknown }
    seen.push(Object.keys(req).includes('route'), routed.route)
    routed.route = 'its own'
    seen.push(Object.keys(req).includes('route'), routed.route)
    res.end()
  })
  await fetch(served.url)
  expect(seen).toEqual([false, undefined, true, 'its own'])
  expect(await requests(served)).toEqual({ 'GET  200': 1 })
})

test('records nothing with http: false', async () => {
  const registry = new Registry()
  const theirs = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Of another library.',
    registers: [registry],
  })
  theirs.observe(1)
  const handler: Handler = (_req, res) => res.end()
  await using served = await serve(exposeMetrics(handler, { registry, http: false }))
  await fetch(served.url)
  const body = await scrape(`${served.url}/metrics`)
  expect(valueOf(body, 'http_server_request_duration_seconds_count')).toBe(1)
  expect(body).not.toContain('http_server_active_requests')
  expect(() => exposeMetrics(handler, { registry })).toThrow(
    /^prisma-prometheus: metric "http_server_request_duration_seconds": expected the name to be free .*; or have requests counted elsewhere, with http: false$/,
  )
})

test('has no request metrics without a wrapped application', async () => {
  await using served = await serve(exposeMetrics(undefined, { registry: new Registry() }))
  await fetch(served.url)
  expect(await scrape(`${served.url}/metrics`)).not.toContain('http_server')
})

test('counts a request of a client that has already disconnected', async () => {
  const registry = new Registry()
  const metrics = exposeMetrics(undefined, { registry })
  await using served = await serve((req, res) => {
    if (req.url === '/metrics') metrics(req, res)
    else res.once('close', () => setImmediate(() => metrics(req, res, () => {})))
  })
  const asked = get({ host: '127.0.0.1', port: served.port, path: '/slow', agent: false })
  asked.on('error', () => {})
  await sleep(50)
  asked.destroy()
  await expectRequests(served, { 'GET  ': 1 })
})

/** A second copy of the package, as a bundle or a hot reload makes one. */
async function otherCopy(): Promise<typeof exposeMetrics> {
  vi.resetModules()
  return (await import('../../src/index.ts')).exposeMetrics
}

describe('two copies of the package around one application', () => {
  test('count each request once', async () => {
    const registry = new Registry()
    const exposeWithOther = await otherCopy()
    expect(exposeWithOther).not.toBe(exposeMetrics)
    const inner = exposeWithOther((_req, res) => res.end('ok'), { registry, path: '/inner' })
    await using served = await serve(exposeMetrics(inner, { registry }))
    for (let asked = 0; asked < 3; asked++) await fetch(served.url)
    expect(await requests(served)).toEqual({ 'GET  200': 3 })
  })

  test('limit scrapes together', async () => {
    const registry = new Registry()
    const exposeWithOther = await otherCopy()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const collect = (): Promise<void> => held
    registry.registerMetric(new Gauge({ name: 'slow', help: 'Slow.', registers: [], collect }))
    const options = { registry, maxInFlight: 1 }
    await using first = await serve(exposeMetrics(undefined, options))
    await using second = await serve(exposeWithOther(undefined, options))
    const scraped = fetch(`${first.url}/metrics`)
    await expect.poll(async () => (await fetch(`${second.url}/metrics`)).status).toBe(503)
    release()
    expect((await scraped).status).toBe(200)
  })
})

describe('does not pass an error of the instrumentation to a request', () => {
  function takeName(registry: Registry): void {
    const name = 'http_server_request_duration_seconds'
    registry.registerMetric(new Histogram({ name, help: 'Theirs.', registers: [] }))
  }

  test('if another metric takes its name before the first request of a middleware', async () => {
    const errors: Error[] = []
    const registry = new Registry()
    const onError = (error: unknown): void => void errors.push(error as Error)
    const metrics = exposeMetrics(undefined, { registry, onError })
    takeName(registry)
    await using served = await serve((req, res) => void metrics(req, res, () => res.end('ok')))
    for (let asked = 0; asked < 3; asked++) {
      expect(await (await fetch(served.url)).text()).toBe('ok')
    }
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('metric "http_server_request_duration_seconds": expected the name'),
    ])
  })

  test('if http is true, a taken name is detected when the middleware is made', () => {
    const registry = new Registry()
    takeName(registry)
    expect(() => exposeMetrics(undefined, { registry, http: true })).toThrow('expected the name')
  })

  test.for<readonly [string, () => unknown]>([
    ['returns a promise', () => Promise.resolve('/users/:id')],
    ['returns a promise that rejects', () => Promise.reject(new Error('of the route'))],
    ['returns a number', () => 7],
    [
      'throws',
      () => {
        throw new Error('of the route')
      },
    ],
  ])('if the route option %s', async ([, route]) => {
    const errors: unknown[] = []
    await using served = await serveHandler((_req, res) => res.end('ok'), {
      route: () => route() as string,
      onError: async (error) => {
        errors.push(error)
        throw error
      },
    })
    expect(await (await fetch(served.url)).text()).toBe('ok')
    expect(await requests(served)).toEqual({ 'GET  200': 1 })
    expect(errors).toHaveLength(1)
  })
})
