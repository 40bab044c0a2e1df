import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { exposeMetrics, prismaMetrics } from '../../../src/index.ts'
import { type MetricsSnapshot, snapshot } from '../../../src/testing/index.ts'
import { serve } from '../../support/serve.ts'
import { type Connected, connect, gate } from '../connect.ts'

const now = ({ registry }: Connected): Promise<MetricsSnapshot> => snapshot(registry)

test('exposes scopes in flight and the age of the oldest', async () => {
  const connected = await connect()
  const { metrics } = connected
  const first = gate()
  const second = gate()

  const jobs = [metrics.scope('job', () => first.passed)]
  await sleep(60)
  jobs.push(metrics.scope('job', () => second.passed))
  const open = await now(connected)
  expect(open.value('prisma_scopes_in_flight', { scope: 'job' })).toBe(2)
  const oldest = open.value('prisma_scope_oldest_seconds', { scope: 'job' })
  expect(oldest).toBeGreaterThanOrEqual(0.055)

  first.open()
  await jobs[0]
  const one = await now(connected)
  expect(one.value('prisma_scopes_in_flight', { scope: 'job' })).toBe(1)
  expect(one.value('prisma_scope_oldest_seconds', { scope: 'job' })).toBeLessThan(
    (await now(connected)).value('prisma_scope_oldest_seconds', { scope: 'job' }),
  )

  second.open()
  await jobs[1]
  const none = await now(connected)
  expect(none.value('prisma_scopes_in_flight', { scope: 'job' })).toBe(0)
  expect(none.value('prisma_scope_oldest_seconds', { scope: 'job' })).toBe(0)
})

test('names a request in flight by its route once the route is matched', async () => {
  const connected = await connect()
  const { registry } = connected
  const routing = gate()
  const handling = gate()
  const app = express()
  app.use(async (_req, _res, next) => {
    await routing.passed
    next()
  })
  app.get('/slow/:id', async (_req, res) => {
    await handling.passed
    res.end()
  })
  await using served = await serve(exposeMetrics(app, { registry }))
  const inFlight = async (scope: string): Promise<number> =>
    (await now(connected)).value('prisma_scopes_in_flight', { scope })

  const reply = fetch(`${served.url}/slow/1`)
  await expect.poll(() => inFlight('GET')).toBe(1)
  routing.open()
  await expect.poll(() => inFlight('GET /slow/:id')).toBe(1)
  expect(await inFlight('GET')).toBe(0)
  handling.open()
  await reply
  await expect.poll(() => inFlight('GET /slow/:id')).toBe(0)
})

test('counts a request only for the clients that it has used', async () => {
  const used = await connect()
  const { registry } = used
  await connect({ registry, client: 'unused' })
  const handling = gate()
  await using served = await serve(
    exposeMetrics(
      async (_req, res) => {
        await used.prisma.tag.count()
        await handling.passed
        res.end()
      },
      { registry },
    ),
  )

  const reply = fetch(served.url)
  const inFlight = async (client: string): Promise<number> =>
    (await now(used)).value('prisma_scopes_in_flight', { client })
  await expect.poll(() => inFlight('default')).toBe(1)
  const families = await registry.getSingleMetric('prisma_scopes_in_flight')?.get()
  expect(families?.values.map(({ labels }) => labels)).toEqual([
    { client: 'default', scope: 'GET' },
  ])
  handling.open()
  await reply
  await expect.poll(() => inFlight('default')).toBe(0)
})

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

test('exposes the delay of a blocked event loop to every scraper', async () => {
  const connected = await connect()
  const { registry } = connected
  const delay = async (percentile: string): Promise<number> =>
    (await snapshot(registry)).value('prisma_event_loop_delay_seconds', { percentile })
  await sleep(50)

  block(300)
  await sleep(30)

  for (const scraper of ['first', 'second']) {
    expect(await delay('100'), scraper).toBeGreaterThan(0.25)
  }
  expect(await delay('50')).toBeLessThan(await delay('100'))
  expect(await delay('100')).toBeLessThan(5)
})

test('exposes no delay with eventLoopDelay: false, and after the last disposal', async () => {
  const off = await connect({ eventLoopDelay: false })
  expect(off.registry.getSingleMetric('prisma_event_loop_delay_seconds')).toBeUndefined()

  const { registry, metrics } = await connect()
  const other = prismaMetrics({ registry, client: 'other' })
  onTestFinished(() => other.dispose())
  const series = async (): Promise<number> =>
    (await registry.getSingleMetric('prisma_event_loop_delay_seconds')?.get())?.values.length ?? 0
  expect(await series()).toBe(4)
  metrics.dispose()
  expect(await series()).toBe(4)
  other.dispose()
  expect(await series()).toBe(0)
})
