import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import type * as source from '../../../src/index.ts'
import { createDatabase, type TestDatabase } from '../../support/database/database.ts'
import { numbersOf } from './observed.ts'

type Package = typeof source

/** The package as a hot reload loads it: every module anew, with nothing of the last copy in it. */
async function load(): Promise<Package> {
  vi.resetModules()
  return import('../../../src/index.ts')
}

let database: TestDatabase

beforeEach(async () => {
  database = await createDatabase()
  return () => database.drop()
})

function connect({ prismaMetrics }: Package, registry: Registry) {
  const metrics = prismaMetrics({ registry, legacyMetrics: { expose: true } })
  const adapter = new PrismaPg({ connectionString: database.url })
  const prisma = new PrismaClient({ adapter: metrics.adapter(adapter) }).$extends(metrics.extension)
  onTestFinished(() => prisma.$disconnect())
  return { metrics, prisma }
}

test('continues the series of the previous copy after a reload', async () => {
  const registry = new Registry()
  const first = connect(await load(), registry)
  await first.prisma.tag.create({ data: { name: 'before' } })
  const copy = await load()
  expect(copy.prismaMetrics).not.toBe((await load()).prismaMetrics)
  const second = connect(copy, registry)
  await second.prisma.tag.create({ data: { name: 'after' } })
  // A request that was under way still holds the old client.
  await first.prisma.tag.create({ data: { name: 'late' } })

  expect(await numbersOf(registry, 'Tag', 'default')).toEqual({
    operations: { 'Tag.create': 3 },
    rows: { inserts: 3 },
  })
  const text = await registry.metrics()
  expect(text).toContain('prisma_client_queries_total{client="default"} 3\n')
  const names = (await registry.getMetricsAsJSON()).map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('does not instrument a client again that outlives the reload', async () => {
  const registry = new Registry()
  const { prisma } = connect(await load(), registry)
  const { prismaMetrics } = await load()
  const again = prisma.$extends(prismaMetrics({ registry }).extension)
  await again.tag.create({ data: { name: 'once' } })

  expect(await numbersOf(registry, 'Tag', 'default')).toEqual({
    operations: { 'Tag.create': 1 },
    rows: { inserts: 1 },
  })
})

test('does not wrap an adapter again that outlives the reload', async () => {
  const registry = new Registry()
  const first = (await load()).prismaMetrics({ registry })
  const second = (await load()).prismaMetrics({ registry })
  const adapter = second.adapter(first.adapter(new PrismaPg({ connectionString: database.url })))
  const prisma = new PrismaClient({ adapter }).$extends(second.extension)
  onTestFinished(() => prisma.$disconnect())
  await prisma.tag.create({ data: { name: 'once' } })

  expect((await numbersOf(registry, 'Tag', 'default')).rows).toEqual({ inserts: 1 })
  expect(await registry.metrics()).toMatch(/row_source="statements"\} 1/)
})
