import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { exposeMetrics } from '../../src/exposition/expose-metrics.ts'

let server: Server

async function listen(listener: Parameters<typeof createServer>[1]): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(() => server.close())

test('answers scrapes and leaves the rest to the handler', async () => {
  const registry = new Registry()
  new Counter({ name: 'visits_total', help: 'Visits.', registers: [registry] }).inc(3)
  const url = await listen(exposeMetrics((_req, res) => res.end('application'), { registry }))

  const scrape = await fetch(`${url}/metrics`)
  expect(scrape.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await scrape.text()).toContain('visits_total 3\n')
  expect(await (await fetch(`${url}/other`)).text()).toBe('application')
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
})
