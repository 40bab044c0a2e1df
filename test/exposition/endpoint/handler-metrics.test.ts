import { Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../../src/index.ts'
import { scrape, valueOf } from '../../support/scrape.ts'
import { serve } from '../../support/serve.ts'

test('counts the running scrape in flight and earlier scrapes by status', async () => {
  const registry = new Registry()
  await using served = await serve(exposeMetrics(undefined, { registry }))
  const url = `${served.url}/metrics`
  const first = await scrape(url)
  expect(valueOf(first, 'prisma_exposition_requests_in_flight')).toBe(1)
  expect(valueOf(first, 'prisma_exposition_requests_total{code="200"}')).toBe(0)
  expect(valueOf(first, 'prisma_exposition_requests_total{code="500"}')).toBe(0)
  expect(valueOf(first, 'prisma_exposition_requests_total{code="503"}')).toBe(0)
  expect(valueOf(first, 'prisma_exposition_duration_seconds_count')).toBe(0)
  await fetch(url, { method: 'POST' })
  for (let scrapes = 1; scrapes <= 100; scrapes++) {
    const body = await scrape(url)
    expect(valueOf(body, 'prisma_exposition_requests_in_flight')).toBe(1)
    expect(valueOf(body, 'prisma_exposition_requests_total{code="200"}')).toBe(scrapes)
    expect(valueOf(body, 'prisma_exposition_requests_total{code="405"}')).toBe(1)
    expect(valueOf(body, 'prisma_exposition_duration_seconds_count')).toBe(scrapes)
  }
})

test('counts a missing collector by name, once per scrape', async () => {
  const registry = new Registry()
  const get = (): unknown => Promise.reject(new Error('of the collector'))
  registry.registerMetric({ name: 'broken', type: 'gauge', help: 'b', get } as never)
  await using served = await serve(exposeMetrics(undefined, { registry, onError: () => {} }))
  for (let scrapes = 1; scrapes < 4; scrapes++) {
    const body = await scrape(`${served.url}/metrics`)
    expect(valueOf(body, 'prisma_exposition_collect_errors_total{metric="broken"}')).toBe(scrapes)
  }
})

test('counts two endpoints of one registry together', async () => {
  const registry = new Registry()
  await using one = await serve(exposeMetrics(undefined, { registry }))
  await using other = await serve(exposeMetrics(undefined, { registry, path: '/other' }))
  await scrape(`${one.url}/metrics`)
  await (await metricsResponse(new Request('http://x/'), { registry })).text()
  const body = await scrape(`${other.url}/other`)
  expect(valueOf(body, 'prisma_exposition_requests_total{code="200"}')).toBe(2)
})

test('uses another prefix', async () => {
  const registry = new Registry()
  await using served = await serve(exposeMetrics(undefined, { registry, prefix: 'db_' }))
  const body = await scrape(`${served.url}/metrics`)
  expect(valueOf(body, 'db_exposition_requests_in_flight')).toBe(1)
  expect(body).not.toContain('prisma_')
})

test('warns of the first failure without onError and counts the others', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const registry = new Registry()
  const get = (): unknown => Promise.reject(new Error('of the collector'))
  registry.registerMetric({ name: 'broken', type: 'gauge', help: 'b', get } as never)
  await using served = await serve(exposeMetrics(undefined, { registry }))
  await scrape(`${served.url}/metrics`)
  await scrape(`${served.url}/metrics`)
  for (let scrapes = 0; scrapes < 2; scrapes++) {
    await metricsResponse(new Request('http://x/'), { registry })
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  expect(warnings.map(({ name, message }) => [name, message])).toEqual([
    [
      'PrismaPrometheusWarning',
      'prisma-prometheus: error in a metrics endpoint (only the first is shown; onError receives all)',
    ],
  ])
})

test('returns the metrics of the endpoint and its requests after registry.clear()', async () => {
  const registry = new Registry()
  const listener = exposeMetrics((_, res) => res.end(), { registry, collectDefaultMetrics: true })
  await using served = await serve(listener)
  const url = `${served.url}/metrics`
  await scrape(url)
  await fetch(served.url)
  registry.clear()
  await fetch(served.url)
  const body = await scrape(url)
  expect(valueOf(body, 'prisma_exposition_requests_total{code="200"}')).toBe(1)
  expect(valueOf(body, 'prisma_exposition_requests_in_flight')).toBe(1)
  expect(body).toMatch(/^http_server_request_duration_seconds_count\{.*\} 2$/m)
  expect(body).toMatch(/^process_cpu_user_seconds_total /m)
})

test('does not replace a metric that has taken its name after registry.clear()', async () => {
  const registry = new Registry()
  await using served = await serve(exposeMetrics(undefined, { registry }))
  registry.clear()
  const name = 'prisma_exposition_duration_seconds'
  new Gauge({ name, help: 'Taken.', registers: [registry] }).set(7)
  const body = await scrape(`${served.url}/metrics`)
  expect(valueOf(body, name)).toBe(7)
  expect(valueOf(body, 'prisma_exposition_requests_in_flight')).toBe(1)
})
