import { Agent, get, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../../src/index.ts'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { heapInUse } from '../../support/heap.ts'
import { scrape, valueOf } from '../../support/scrape.ts'
import { serve } from '../../support/serve.ts'

/** About 4 MB of body: more than a socket's buffers take. */
function largeRegistry(): Registry {
  const registry = new Registry()
  const family = new CounterFamily({
    name: 'pages_total',
    type: 'counter',
    help: 'Pages.',
    labelNames: ['page'],
    aggregator: 'sum',
  })
  const padding = 'x'.repeat(180)
  for (let page = 0; page < 20_000; page++) family.with([`${padding}${page}`]).inc(page)
  registry.registerMetric(family as never)
  return registry
}

const inFlight = 'prisma_exposition_requests_in_flight'

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await condition()) return
    await sleep(25)
  }
  throw new Error(`expected ${what}`)
}

/** Asks for a scrape and reads nothing of the answer. */
function askAndStop(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
  socket.on('error', () => {})
  return socket
}

test('does not let a client that does not read block others', async () => {
  const registry = largeRegistry()
  await using served = await serve(exposeMetrics(undefined, { registry, maxInFlight: 1 }))
  const stopped = Array.from({ length: 20 }, () => askAndStop(served.port))
  const one = `${served.url}/metrics?name[]=${inFlight}`
  await until(async () => {
    const response = await fetch(one)
    return response.status === 200 && (await response.text()).includes(`${inFlight} `)
  }, 'a scrape beside the stopped ones')
  const began = performance.now()
  const body = await scrape(`${served.url}/metrics`, { 'accept-encoding': 'identity' })
  expect(performance.now() - began).toBeLessThan(2000)
  expect(body.split('\n').filter((line) => line.startsWith('pages_total'))).toHaveLength(20_000)
  for (const socket of stopped) socket.destroy()
  await until(async () => valueOf(await scrape(one), inFlight) === 1, 'the stopped ones to be gone')
})

test('disconnects a client that reads too slowly', async () => {
  const registry = largeRegistry()
  const options = { registry, writeTimeoutSeconds: 0.3 }
  await using served = await serve(exposeMetrics(undefined, options))
  const socket = askAndStop(served.port)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const began = performance.now()
  // A byte now and then is no reading.
  const dripping = setInterval(() => socket.read(1), 20)
  await until(async () => {
    const body = await scrape(`${served.url}/metrics?name[]=${inFlight}`)
    return valueOf(body, inFlight) === 1
  }, 'the slow one to be gone')
  clearInterval(dripping)
  expect(performance.now() - began).toBeGreaterThan(250)
  socket.resume()
  await closed
})

test.for([
  ['a minute', 60],
  ['longer than any timer', 30 * 86_400],
  ['for ever', Number.POSITIVE_INFINITY],
] as const)(
  'sends everything to a client that reads slowly but in time: %s',
  async ([, seconds]) => {
    const options = { registry: largeRegistry(), writeTimeoutSeconds: seconds }
    await using served = await serve(exposeMetrics(undefined, options))
    const received = await new Promise<number>((resolve, reject) => {
      get(
        { host: '127.0.0.1', port: served.port, path: '/metrics', agent: false },
        async (response) => {
          let length = 0
          for await (const chunk of response) {
            length += (chunk as Buffer).length
            if (length % 3 === 0) await sleep(1)
          }
          resolve(length - Number(response.headers['content-length']))
        },
      ).on('error', reject)
    })
    expect(received).toBe(0)
  },
)

test('leaves nothing in flight for a client that disconnected before its scrape', async () => {
  const registry = new Registry()
  const metrics = exposeMetrics(undefined, { registry })
  let late = 0
  await using served = await serve((req, res) => {
    if (req.url !== '/metrics?late') {
      metrics(req, res)
      return
    }
    res.once('close', () => {
      setImmediate(() => {
        metrics(req, res)
        late += 1
      })
    })
  })
  const asked = get({ host: '127.0.0.1', port: served.port, path: '/metrics?late', agent: false })
  asked.on('error', () => {})
  await sleep(50)
  asked.destroy()
  await until(() => Promise.resolve(late === 1), 'the late scrape')
  expect(valueOf(await scrape(`${served.url}/metrics`), inFlight)).toBe(1)
})

test('frees the place of a disconnected client immediately', async () => {
  const registry = new Registry()
  const collect = (): Promise<never> => new Promise(() => {})
  const hanging = new Gauge({ name: 'hanging', help: 'Hangs.', registers: [registry], collect })
  const options = { registry, maxInFlight: 1, timeoutSeconds: 30 }
  await using served = await serve(exposeMetrics(undefined, options))
  const asked = get({ host: '127.0.0.1', port: served.port, path: '/metrics', agent: false })
  asked.on('error', () => {})
  const one = `${served.url}/metrics?name[]=${inFlight}`
  await until(async () => (await fetch(one)).status === 503, 'the place to be taken')
  asked.destroy()
  await until(async () => (await fetch(one)).status === 200, 'the place to be free')

  const leaving = new AbortController()
  const { signal } = leaving
  const response = metricsResponse(new Request('http://x/metrics', { signal }), options)
  await until(async () => (await fetch(one)).status === 503, 'the place to be taken again')
  leaving.abort()
  expect((await response).status).toBe(499)
  const body = await scrape(`${served.url}/metrics?name[]=prisma_exposition_collect_errors_total`)
  expect(body).not.toContain((hanging as unknown as { name: string }).name)
})

test('leaves nothing in flight for pipelined scrapes of a disconnected client', async () => {
  await using served = await serve(exposeMetrics(undefined, { registry: largeRegistry() }))
  const socket = connect(served.port, '127.0.0.1').pause()
  socket.on('error', () => {})
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(10))
  const current = async (): Promise<number | undefined> =>
    valueOf(await scrape(`${served.url}/metrics?name[]=${inFlight}`), inFlight)
  await expect.poll(current).toBe(11)
  socket.destroy()
  await expect.poll(current).toBe(1)
})

test('releases the resources of a thousand aborted connections', { timeout: 60_000 }, async () => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  const registry = largeRegistry()
  const slow = new Gauge({
    name: 'slow',
    help: 'Slow.',
    registers: [registry],
    collect: async () => {
      await sleep(20)
      slow.set(1)
    },
  })
  await using served = await serve(exposeMetrics(undefined, { registry }))
  const abortAfter = async (milliseconds: number): Promise<void> => {
    const asked = request({ host: '127.0.0.1', port: served.port, path: '/metrics', agent: false })
    const ended = new Promise((resolve) => asked.once('close', resolve))
    asked.on('error', () => {})
    asked.on('response', (response) => response.on('error', () => {}))
    asked.end()
    await sleep(milliseconds)
    asked.destroy()
    await ended
  }
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => abortAfter(index % 40)))
  }
  await until(async () => {
    const body = await scrape(`${served.url}/metrics?name[]=${inFlight}`)
    return valueOf(body, inFlight) === 1
  }, 'no scrape to be in flight')
  const body = await scrape(`${served.url}/metrics`)
  const counted = [...body.matchAll(/^prisma_exposition_requests_total\{code="(\d+)"\} (\d+)$/gm)]
  const statuses = new Set(counted.filter(([, , count]) => count !== '0').map(([, code]) => code))
  expect(statuses).toEqual(new Set(['200', '499']))
  process.off('unhandledRejection', onRejection)
  expect(rejections).toEqual([])
})

test(
  'loses no count and no memory under scrapers, traffic and failing collectors',
  {
    timeout: 60_000,
  },
  async () => {
    const registry = new Registry()
    const registers = [registry]
    const handled = new Counter({ name: 'handled_total', help: 'Handled.', registers })
    const hanging = (): Promise<never> => new Promise(() => {})
    const throwing = (): void => {
      throw new Error('of the collector')
    }
    const troubled = [
      new Gauge({ name: 'hanging', help: 'Hangs.', registers, collect: hanging }),
      new Gauge({ name: 'throwing', help: 'Throws.', registers, collect: throwing }),
    ]
    const listener = exposeMetrics(
      (_req, res) => {
        handled.inc()
        res.end('ok')
      },
      { registry, timeoutSeconds: 0.02, onError: () => {} },
    )
    await using served = await serve(listener)
    const agent = new Agent({ keepAlive: true, maxSockets: 60 })
    const ask = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port: served.port, path, agent }, async (response) => {
          const body = (await response.toArray()).join('')
          if (response.statusCode === 200) resolve(body)
          else reject(new Error(`status ${response.statusCode}`))
        }).on('error', reject)
      })

    const scrapeOften = async (scrapes: number): Promise<void> => {
      let last = 0
      for (let index = 0; index < scrapes; index++) {
        const body = await ask('/metrics')
        const seen = valueOf(body, 'handled_total') ?? Number.NaN
        expect(seen).toBeGreaterThanOrEqual(last)
        expect(body).not.toContain('TYPE hanging')
        last = seen
      }
    }
    const round = async (scrapes: number, requests: number): Promise<void> => {
      await Promise.all([
        ...Array.from({ length: 50 }, () => scrapeOften(scrapes / 50)),
        ...Array.from({ length: requests }, async (_, index) => {
          await sleep(index)
          await ask('/')
        }),
      ])
    }
    const before = 200
    await round(500, before)
    const heapBefore = await heapInUse()
    const during = 400
    await round(2500, during)
    const heapAfter = await heapInUse()

    const body = await ask('/metrics')
    expect(valueOf(body, 'handled_total')).toBe(before + during)
    const route = 'http_request_method="GET",http_route="",http_response_status_code="200"'
    expect(valueOf(body, `http_server_request_duration_seconds_count{${route}}`)).toBe(
      before + during,
    )
    expect(valueOf(body, 'http_server_active_requests{http_request_method="GET"}')).toBe(0)
    expect(valueOf(body, 'prisma_exposition_requests_total{code="200"}')).toBe(3000)
    for (const { name } of troubled as unknown as { name: string }[]) {
      expect(valueOf(body, `prisma_exposition_collect_errors_total{metric="${name}"}`)).toBe(3001)
    }
    expect(heapAfter - heapBefore).toBeLessThan(3_000_000)
    agent.destroy()
  },
)
