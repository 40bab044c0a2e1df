import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import { Counter, Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { createDatabase } from '../support/database/database.ts'
import { metricsRoute, Reporter } from './prisma-6-code.ts'

async function createClient() {
  const database = await createDatabase()
  const metrics = prismaMetrics({ registry: new Registry(), legacyMetrics: true })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: database.url }))
  const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })
  return prisma
}

test('serves a route for Prometheus beside the metrics of the application', async () => {
  const prisma = await createClient()
  const app = new Registry()
  new Counter({ name: 'orders_total', help: 'Orders.', registers: [app] }).inc()
  const server = createServer(metricsRoute(prisma, app))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await prisma.tag.count()

  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const text = await response.text()
  expect(text).toContain('\nprisma_client_queries_total{service="shop"} 1\n')
  expect(text).toContain('\nprisma_pool_connections_opened_total{service="shop"} 1\n')
  expect(text).toContain('_histogram_ms_bucket{service="shop",le="+Inf"} 1\n')
  expect(text).toContain('\norders_total 1\n')
})

test('reports the difference since the last report', async () => {
  const prisma = await createClient()
  const reporter = new Reporter(prisma)
  const report = async (): Promise<Map<string, number>> => {
    const sent = new Map<string, number>()
    await reporter.report((name, value) => sent.set(name, value))
    return sent
  }
  expect((await report()).get('prisma_client_queries_total')).toBe(0)
  await prisma.tag.create({ data: { name: 'late' } })
  await prisma.tag.count()
  const sent = await report()
  expect(sent.get('prisma_client_queries_total')).toBe(2)
  expect(sent.get('prisma_client_queries_active')).toBe(0)
  const buckets = [...sent].filter(([name]) =>
    name.startsWith('prisma_client_queries_duration_histogram_ms.'),
  )
  expect(buckets).toHaveLength(10)
  // Not cumulative: each query is in one bucket, and none is new the next time.
  expect(buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(2)
  expect((await report()).get('prisma_client_queries_total')).toBe(0)
})
