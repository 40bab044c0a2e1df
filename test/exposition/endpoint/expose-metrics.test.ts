import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect, createSecureServer, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import { connect as connectSocket } from 'node:net'
import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { exposeMetrics } from '../../../src/index.ts'
import { listen, serve } from '../../support/serve.ts'

function visitsRegistry(): Registry {
  const registry = new Registry()
  new Counter({ name: 'visits_total', help: 'Visits.', registers: [registry] }).inc(3)
  return registry
}

describe('which requests it answers', () => {
  const scraped = ['/metrics', '/metrics/', '/metrics?x=1', '/metrics/?x=/y', '/metrics?']
  const passedOn = [
    '/',
    '/metric',
    '/metricsx',
    '/metrics/x',
    '/Metrics',
    '//metrics',
    '/x?/metrics',
  ]

  test.for(scraped)('answers a scrape: %s', async (path) => {
    await using served = await serve(
      exposeMetrics((_req, res) => res.end('application'), { registry: visitsRegistry() }),
    )
    expect(await (await fetch(served.url + path)).text()).toContain('visits_total 3\n')
  })

  test.for(passedOn)('passes other requests on: %s', async (path) => {
    await using served = await serve(
      exposeMetrics((req, res) => res.end(req.url), { registry: visitsRegistry() }),
    )
    expect(await getRaw(served.port, path)).toContain(`\r\n\r\n`)
    expect((await getRaw(served.port, path)).endsWith(path)).toBe(true)
  })

  test('answers a scrape of a proxy that sends the whole URL', async () => {
    await using served = await serve(exposeMetrics(undefined, { registry: visitsRegistry() }))
    expect(await getRaw(served.port, 'http://example.com/metrics?x')).toContain('visits_total 3')
    expect(await getRaw(served.port, 'http://example.com/')).toContain('404 Not Found')
  })

  test.for(['/internal/prometheus', '/'])('answers at another path: %s', async (path) => {
    await using served = await serve(exposeMetrics(undefined, { registry: visitsRegistry(), path }))
    expect(await (await fetch(served.url + path)).text()).toContain('visits_total 3\n')
    expect((await fetch(`${served.url}/metrics`)).status).toBe(404)
  })

  test('answers other requests with 404 without a handler', async () => {
    await using served = await serve(exposeMetrics(undefined, { registry: visitsRegistry() }))
    const response = await fetch(`${served.url}/`)
    expect([response.status, await response.text()]).toEqual([404, 'Not found.\n'])
  })

  test('calls next once without an error for other requests as middleware', async () => {
    const metrics = exposeMetrics(undefined, { registry: visitsRegistry() })
    const calls: unknown[][] = []
    await using served = await serve((req, res) => {
      metrics(req, res, (...args) => {
        calls.push(args)
        res.end('next')
      })
    })
    expect(await (await fetch(`${served.url}/other`)).text()).toBe('next')
    expect(await (await fetch(`${served.url}/metrics`)).text()).toContain('visits_total 3\n')
    expect(calls).toEqual([[]])
  })

  test('passes what a handler returns or throws to the server', () => {
    const listener = exposeMetrics(() => 'returned', { registry: new Registry(), http: false })
    expect(listener({ url: '/' } as never, {} as never)).toBe('returned')
    const failing = exposeMetrics(
      () => {
        throw new Error('of the application')
      },
      { registry: new Registry(), http: false },
    )
    expect(() => failing({ url: '/' } as never, {} as never)).toThrow('of the application')
  })
})

describe('how it answers', () => {
  test('sends the headers of a scrape', async () => {
    await using served = await serve(exposeMetrics(undefined, { registry: visitsRegistry() }))
    const { status, headers, body } = await get(served.port, 'GET')
    const { date: _, ...others } = headers
    expect(status).toBe(200)
    expect(others).toEqual({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      vary: 'Accept, Accept-Encoding',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    })
  })

  test('sends the headers of GET without a body for HEAD', async () => {
    await using served = await serve(
      exposeMetrics(undefined, { registry: visitsRegistry(), path: '/m' }),
    )
    const path = '/m?name[]=visits_total'
    const asGet = await get(served.port, 'GET', path)
    const asHead = await get(served.port, 'HEAD', path)
    expect(asHead.body).toBe('')
    expect({ ...asHead.headers, date: '' }).toEqual({ ...asGet.headers, date: '' })
  })

  test.for(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])(
    'rejects %s',
    async (method) => {
      await using served = await serve(exposeMetrics(undefined, { registry: visitsRegistry() }))
      const { status, headers, body } = await get(served.port, method)
      expect([status, headers['allow'], body]).toEqual([405, 'GET, HEAD', 'Method not allowed.\n'])
    },
  )

  test('does not wait for a request body, and keeps the connection', async () => {
    await using served = await serve(exposeMetrics(undefined, { registry: visitsRegistry() }))
    const post = 'POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello'
    const scrape = 'GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
    const answers = await exchange(served.port, post + scrape)
    expect(answers).toContain('HTTP/1.1 405')
    expect(answers).toContain('visits_total 3\n')
  })

  test('sends only the families that name[] selects', async () => {
    const registry = visitsRegistry()
    registry.registerMetric(new Counter({ name: 'other_total', help: 'Others.', registers: [] }))
    await using served = await serve(exposeMetrics(undefined, { registry }))
    const names = async (query: string): Promise<string[]> => {
      const body = await (await fetch(`${served.url}/metrics?${query}`)).text()
      return [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
    }
    expect(await names('name[]=visits_total')).toEqual(['visits_total'])
    expect(await names('name%5B%5D=visits_total&name[]=other_total&name[]=none')).toEqual([
      'visits_total',
      'other_total',
    ])
    expect(await names('name[]=none')).toEqual([])
    expect(await names('name=visits_total')).toContain('prisma_exposition_requests_total')
  })
})

describe('on the servers of Node', () => {
  const key = readFileSync(new URL('tls/key.pem', import.meta.url))
  const cert = readFileSync(new URL('tls/cert.pem', import.meta.url))

  test('https', async () => {
    const listener = exposeMetrics((_req, res) => res.end('application'), {
      registry: visitsRegistry(),
    })
    await using served = await listen(createHttpsServer({ key, cert }, listener), 'https')
    const secure = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = {
          port: served.port,
          path,
          rejectUnauthorized: false,
          agent: false as const,
        }
        httpsRequest(options, async (response) => resolve((await response.toArray()).join('')))
          .on('error', reject)
          .end()
      })
    expect(await secure('/metrics')).toContain('visits_total 3\n')
    expect(await secure('/')).toBe('application')
  })

  test.for(['http2', 'http2 with TLS'])('%s', async (kind) => {
    const registry = visitsRegistry()
    const server =
      kind === 'http2'
        ? createHttp2Server(exposeMetrics((_req, res) => res.end('application'), { registry }))
        : createSecureServer(
            { key, cert },
            exposeMetrics((_req, res) => res.end('application'), { registry }),
          )
    await using served = await listen(server, kind === 'http2' ? 'http' : 'https')
    const session = connect(served.url, { rejectUnauthorized: false })
    const over = async (path: string, method = 'GET'): Promise<[number, string]> => {
      const stream = session.request({ ':path': path, ':method': method })
      const status = new Promise<number>((resolve) =>
        stream.once('response', (headers) => resolve(Number(headers[':status']))),
      )
      const body = (await stream.toArray()).join('')
      return [await status, body]
    }
    expect(await over('/')).toEqual([200, 'application'])
    const [status, body] = await over('/metrics')
    expect(status).toBe(200)
    expect(body).toContain('visits_total 3\n')
    expect(body).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="",http_response_status_code="200"} 1\n',
    )
    expect(await over('/metrics', 'HEAD')).toEqual([200, ''])
    expect((await over('/metrics', 'POST'))[0]).toBe(405)
    session.close()
  })
})

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** A request that says nothing of its own. */
function get(port: number, method: string, path = '/metrics'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, method, path, agent: false }, async (response) => {
      const body = (await response.toArray()).join('')
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
      .on('error', reject)
      .end()
  })
}

function getRaw(port: number, target: string): Promise<string> {
  return exchange(port, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
}

function exchange(port: number, sent: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, '127.0.0.1', () => socket.write(sent))
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}
