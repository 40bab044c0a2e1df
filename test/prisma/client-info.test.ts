import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { valuesOf } from './values.ts'

// Nothing connects here: the information is there before the first query.
const adapter = (): PrismaPg => new PrismaPg({ connectionString: 'postgresql://127.0.0.1:1/none' })
const version = Prisma.prismaVersion.client

test('reports both layers', async () => {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  new PrismaClient({ adapter: metrics.adapter(adapter()) }).$extends(metrics.extension)
  expect(await infoOf(registry)).toEqual([
    `client_version="${version}",provider="postgresql",adapter="@prisma/adapter-pg",row_source="statements"`,
  ])
})

test('reports the extension alone', async () => {
  const registry = new Registry()
  new PrismaClient({ adapter: adapter() }).$extends(prismaMetrics({ registry }).extension)
  expect(await infoOf(registry)).toEqual([
    `client_version="${version}",provider="postgresql",adapter="@prisma/adapter-pg",row_source="operations"`,
  ])
})

test('reports the extension on a client that uses another adapter', async () => {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  metrics.adapter(adapter())
  new PrismaClient({ adapter: adapter() }).$extends(metrics.extension)
  expect((await infoOf(registry)).join()).toContain('row_source="operations"')
})

test('reports the adapter alone', async () => {
  const registry = new Registry()
  prismaMetrics({ registry }).adapter(adapter())
  expect(await infoOf(registry)).toEqual([
    'client_version="unknown",provider="postgres",adapter="@prisma/adapter-pg",row_source="statements"',
  ])
})

test('replaces the line of a client that is extended after a scrape', async () => {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const prisma = new PrismaClient({ adapter: metrics.adapter(adapter()) })
  await registry.metrics()
  prisma.$extends(metrics.extension)
  expect(await infoOf(registry)).toHaveLength(1)
})

async function infoOf(registry: Registry): Promise<string[]> {
  const lines = Object.entries(await valuesOf(registry, 'prisma_client_info'))
  expect(lines.every(([, value]) => value === 1)).toBe(true)
  return lines.map(([line]) => /\{(.*)\}/.exec(line)?.[1] ?? '')
}
