import { Session } from 'node:inspector/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { exposeMetrics, type PrismaMetrics, prismaMetrics } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { serve } from '../support/serve.ts'

/** How often V8 has entered the functions and blocks of `src/` while `fn` ran. */
async function workOf(fn: () => Promise<unknown>): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    await session.post('Profiler.takePreciseCoverage')
    await fn()
    const { result } = await session.post('Profiler.takePreciseCoverage')
    return result
      .filter(({ url }) => /\/src\/[^?]*\.ts/.test(url) && !url.includes('node_modules'))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .reduce((sum, { count }) => sum + count, 0)
  } finally {
    session.disconnect()
  }
}

const base = new PrismaClient({
  adapter: new PrismaPg({ connectionString: 'postgres://127.0.0.1:1/none' }),
})

async function workOfRequest(instrumentations: number): Promise<number> {
  const registry = new Registry()
  const all: PrismaMetrics[] = []
  for (let index = 0; index < instrumentations; index++) {
    const metrics = prismaMetrics({ registry, client: `tenant ${index}`, migrations: false })
    metrics.instrument(base)
    all.push(metrics)
  }
  const [used] = all
  await using served = await serve(
    exposeMetrics(
      (_, res) => {
        void used?.scope('job', () => 1).then(() => res.end())
      },
      { registry },
    ),
  )
  const request = async (): Promise<string> => (await fetch(served.url)).text()
  for (let warmUps = 0; warmUps < 3; warmUps++) await request()
  const work = await workOf(request)
  const series = await snapshot(registry)
  expect(series.value('prisma_scope_duration_seconds_count', { scope: 'job' })).toBe(4)
  return work
}

test('does the same work per request with 2 and with 1,000 instrumentations', async () => {
  const work = await workOfRequest(2)
  expect(work).toBeGreaterThan(50)
  expect(await workOfRequest(1000)).toBe(work)
}, 60_000)
