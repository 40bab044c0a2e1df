import { gunzipSync, brotliDecompressSync } from 'node:zlib'
import { Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { metricsResponse } from '../../../src/index.ts'
import type { MetricsResponseOptions } from '../../../src/shared-types.ts'

/** A collector whose end a case decides. */
interface Held {
  readonly registry: Registry
  /** How often the collector was called. */
  calls: number
  end(error?: Error): void
}

function gauge(registry: Registry, name: string, collect?: () => unknown): void {
  const metric = new Gauge({
    name,
    help: 'h',
    registers: [registry],
    async collect() {
      await collect?.()
      metric.set(7)
    },
  })
}

function failing(): Registry {
  const registry = new Registry()
  gauge(registry, 'good')
  gauge(registry, 'bad', () => {
    throw new Error('collect error')
  })
  return registry
}

function held(): Held {
  const registry = new Registry()
  let resolve!: () => void
  let reject!: (error: Error) => void
  const promise = new Promise<void>((onEnd, onError) => {
    resolve = onEnd
    reject = onError
  })
  promise.catch(() => {})
  const state: Held = {
    registry,
    calls: 0,
    end: (error) => (error === undefined ? resolve() : reject(error)),
  }
  gauge(registry, 'blocked', () => {
    state.calls += 1
    return promise
  })
  gauge(registry, 'free')
  return state
}

function scrape(
  registry: Registry,
  options: MetricsResponseOptions = {},
  headers: Record<string, string> = {},
  query = '',
): Promise<Response> {
  const request = new Request(`http://127.0.0.1/metrics${query}`, { headers })
  return metricsResponse(request, { registry, onError: () => {}, ...options })
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

/** The cases of client_golang's `promhttp` and of its coalescing gatherer, by their names there. */
const cases: Readonly<Record<string, () => Promise<void>>> = {
  async 'HandlerErrorHandling: ContinueOnError serves the others and reports the error'() {
    const errors: unknown[] = []
    const response = await scrape(failing(), { onError: (error) => errors.push(error) })
    expect(response.status).toBe(200)
    const body = await response.text()
    expect(body).toContain('good 7')
    expect(body).not.toContain('bad ')
    expect(errors).toHaveLength(1)
  },
  async 'HandlerErrorHandling: HTTPErrorOnError answers 500 without metrics'() {
    const response = await scrape(failing(), { onCollectError: 'fail' })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('good 7')
  },
  async 'HandlerErrorHandling: an error after a good scrape does not serve its values'() {
    const registry = new Registry()
    let fails = false
    gauge(registry, 'turning', () => {
      if (fails) throw new Error('turned')
    })
    expect(await (await scrape(registry)).text()).toContain('turning 7')
    fails = true
    expect(await (await scrape(registry)).text()).not.toContain('turning 7')
  },
  async 'HandlerMaxRequestsInFlight: answers 503, then serves again'() {
    const state = held()
    const options = { maxInFlight: 1 }
    const first = scrape(state.registry, options)
    await soon()
    expect((await scrape(state.registry, options)).status).toBe(503)
    state.end()
    expect((await first).status).toBe(200)
    expect((await scrape(state.registry, options)).status).toBe(200)
  },
  async 'HandlerTimeout: answers 503 at the timeout'() {
    const state = held()
    const options = { timeoutSeconds: 0.05, onCollectError: 'fail' } as const
    expect((await scrape(state.registry, options)).status).toBe(503)
    state.end()
  },
  async 'HandlerTimeout: leaves a late metric out and serves the others'() {
    const state = held()
    const response = await scrape(state.registry, { timeoutSeconds: 0.05 })
    expect(response.status).toBe(200)
    const body = await response.text()
    expect(body).toContain('free 7')
    expect(body).not.toContain('blocked 7')
    state.end()
  },
  async "HandlerTimeout: the scraper's timeout applies if it is shorter"() {
    const state = held()
    const began = performance.now()
    const headers = { 'x-prometheus-scrape-timeout-seconds': '0.6' }
    const response = await scrape(state.registry, { onCollectError: 'fail' }, headers)
    expect(response.status).toBe(503)
    expect(performance.now() - began).toBeLessThan(600)
    state.end()
  },
  async 'NegotiateEncoding: gzip, br, identity, and identity for unknown and for q=0'() {
    const registry = new Registry()
    gauge(registry, 'good')
    const compression = ['br', 'gzip'] as const
    const answers = ['gzip', 'br', 'gzip;q=1, br;q=0', 'identity', 'zip', 'gzip;q=0', '']
    const codings: (string | null)[] = []
    for (const accepted of answers) {
      const response = await scrape(registry, { compression }, { 'accept-encoding': accepted })
      const coding = response.headers.get('content-encoding')
      codings.push(coding)
      const bytes = Buffer.from(await response.arrayBuffer())
      const body =
        coding === 'gzip'
          ? gunzipSync(bytes)
          : coding === 'br'
            ? brotliDecompressSync(bytes)
            : bytes
      expect(body.toString()).toContain('good 7')
      expect(response.headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
    }
    expect(codings).toEqual(['gzip', 'br', 'gzip', null, null, null, null])
  },
  async 'DisableCompression: identity although the scraper asks for gzip'() {
    const registry = new Registry()
    gauge(registry, 'good')
    const headers = { 'accept-encoding': 'gzip' }
    const response = await scrape(registry, { compression: false }, headers)
    expect(response.headers.get('content-encoding')).toBeNull()
  },
  async 'HandlerWithMetricFilter: one name, several names, an unknown one'() {
    const registry = new Registry()
    for (const name of ['a', 'b', 'c']) gauge(registry, name)
    const names = async (query: string): Promise<(string | undefined)[]> =>
      (await (await scrape(registry, {}, {}, query)).text())
        .split('\n')
        .filter((line) => line.startsWith('# TYPE'))
        .map((line) => line.split(' ')[2])
    expect(await names('?name[]=a')).toEqual(['a'])
    expect(new Set(await names('?name[]=a&name[]=c'))).toEqual(new Set(['a', 'c']))
    expect(await names('?name[]=unknown')).toEqual([])
  },
  async 'InstrumentMetricHandler: counts requests by status, and itself in flight'() {
    const registry = failing()
    await scrape(registry)
    await scrape(registry, { onCollectError: 'fail' })
    const body = await (await scrape(registry)).text()
    expect(body).toContain('prisma_exposition_requests_total{code="200"} 1')
    expect(body).toContain('prisma_exposition_requests_total{code="500"} 1')
    expect(body).toContain('prisma_exposition_requests_total{code="503"} 0')
    expect(body).toContain('prisma_exposition_requests_in_flight 1')
    expect(body).toContain('prisma_exposition_collect_errors_total{metric="bad"} 3')
  },
  async 'CoalescingGatherer: concurrent scrapes share one collection'() {
    const state = held()
    const scrapes = Array.from({ length: 10 }, () => scrape(state.registry))
    await soon()
    state.end()
    const bodies = await Promise.all(scrapes.map(async (each) => (await each).text()))
    expect(state.calls).toBe(1)
    for (const body of bodies) expect(body).toContain('blocked 7')
  },
  async 'CoalescingGatherer: a later scrape collects again'() {
    const state = held()
    state.end()
    await scrape(state.registry)
    await scrape(state.registry)
    expect(state.calls).toBe(2)
  },
  async 'CoalescingGatherer: a panic does not block those who joined'() {
    const state = held()
    const scrapes = Array.from({ length: 5 }, () =>
      scrape(state.registry, { onCollectError: 'fail' }),
    )
    await soon()
    state.end(new Error('panic'))
    const statuses = (await Promise.all(scrapes)).map(({ status }) => status)
    expect(statuses).toEqual([500, 500, 500, 500, 500])
    // The next collection is a new one.
    expect((await scrape(state.registry, { onCollectError: 'fail' })).status).toBe(500)
    expect(state.calls).toBe(2)
  },
  async 'CoalescingGatherer: reports an error once per scrape that met it, and is done once'() {
    const state = held()
    const scrapes = Array.from({ length: 3 }, () => scrape(state.registry))
    await soon()
    state.end(new Error('once'))
    await Promise.all(scrapes)
    const body = await (await scrape(state.registry)).text()
    expect(body).toContain('prisma_exposition_requests_total{code="200"} 3')
    expect(body).toContain('prisma_exposition_requests_in_flight 1')
  },
  async 'CoalescingGatherer: each scrape has a body of its own'() {
    const state = held()
    const all = scrape(state.registry)
    const one = scrape(state.registry, {}, {}, '?name[]=free')
    const openMetrics = scrape(state.registry, {}, { accept: 'application/openmetrics-text' })
    await soon()
    state.end()
    expect(await (await all).text()).toContain('blocked 7')
    expect(await (await one).text()).not.toContain('blocked')
    expect(await (await openMetrics).text()).toMatch(/# EOF\n$/)
    expect(state.calls).toBe(1)
  },
}

test.each(Object.entries(cases))('behaves as promhttp: %s', async (_, run) => {
  expect.hasAssertions()
  await run()
})
