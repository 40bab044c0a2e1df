import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics, type LegacyMembers, type PrismaMetricsOptions } from '../../src/index.ts'
import {
  type RunnableDatabase,
  runnableDatabases,
  stopMariadb,
} from '../prisma/databases/runnable.ts'

afterAll(stopMariadb)

const descriptions = {
  counters: {
    prisma_client_queries_total: 'The total number of Prisma Client queries executed',
    prisma_datasource_queries_total: 'The total number of datasource queries executed',
    prisma_pool_connections_closed_total: 'The total number of pool connections closed',
    prisma_pool_connections_opened_total: 'The total number of pool connections opened',
  },
  gauges: {
    prisma_client_queries_active: 'The number of currently active Prisma Client queries',
    prisma_client_queries_wait:
      'The number of datasource queries currently waiting for a free connection',
    prisma_pool_connections_busy:
      'The number of pool connections currently executing datasource queries',
    prisma_pool_connections_idle:
      'The number of pool connections that are not busy running a query',
    prisma_pool_connections_open: 'The number of pool connections currently open',
  },
  histograms: {
    prisma_client_queries_duration_histogram_ms:
      'The distribution of the time Prisma Client queries took to run end to end',
    prisma_client_queries_wait_histogram_ms:
      'The distribution of the time all datasource queries spent waiting for a free connection',
    prisma_datasource_queries_duration_histogram_ms:
      'The distribution of the time datasource queries took to run',
  },
} as const
const counters = Object.keys(descriptions.counters)
const gauges = Object.keys(descriptions.gauges)
const histograms = Object.keys(descriptions.histograms)
const bounds = [0, 1, 5, 10, 50, 100, 500, 1000, 5000, 50000]

interface Connected {
  readonly prisma: PrismaClient & LegacyMembers
  readonly registry: Registry
}

async function connect(
  kind: RunnableDatabase,
  options: PrismaMetricsOptions = {},
): Promise<Connected> {
  const database = await kind.create()
  const registry = new Registry()
  const metrics = prismaMetrics({
    registry,
    legacyMetrics: true,
    // Its look at the database, in the middle of a scrape, would be seen in the pool.
    migrations: false,
    ...options,
  })
  const prisma = kind
    .connect({ adapter: metrics.adapter(database.adapter()) })
    .$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database[Symbol.asyncDispose]()
  })
  return { prisma: prisma as unknown as PrismaClient & LegacyMembers, registry }
}

async function executeOneQuery(prisma: PrismaClient): Promise<void> {
  await prisma.tag.create({ data: { name: 'late' } })
  await prisma.tag.findFirst({ where: { name: 'late' } })
}

const keys = (metrics: readonly { key: string }[]): string[] => metrics.map(({ key }) => key)
const valuesOf = (metrics: readonly { key: string; value: number }[]): Record<string, number> =>
  Object.fromEntries(metrics.map(({ key, value }) => [key, value]))

describe.each(await runnableDatabases())('$name', (kind) => {
  test('answers before the client is connected', async () => {
    const { prisma } = await connect(kind)
    await expect(prisma.$metrics.prometheus()).resolves.toContain('prisma_client_queries_total 0')
    await expect(prisma.$metrics.json()).resolves.toBeDefined()
  })

  test('has the same keys before and after a query, histograms included', async () => {
    const { prisma } = await connect(kind)
    const before = await prisma.$metrics.json()
    await executeOneQuery(prisma)
    const after = await prisma.$metrics.json()
    for (const metrics of [before, after]) {
      expect(keys(metrics.counters)).toEqual(counters)
      expect(keys(metrics.gauges)).toEqual(gauges)
      expect(keys(metrics.histograms)).toEqual(histograms)
    }
    const empty = { buckets: bounds.map((bound) => [bound, 0]), sum: 0, count: 0 }
    const expected = (group: keyof typeof descriptions, value: unknown): object[] =>
      Object.entries(descriptions[group]).map(([key, description]) => ({
        key,
        labels: {},
        value,
        description,
      }))
    expect(before).toEqual({
      counters: expected('counters', 0),
      gauges: expected('gauges', 0),
      histograms: expected('histograms', empty),
    })
  })

  test('counts executed queries', async () => {
    const { prisma } = await connect(kind)
    await executeOneQuery(prisma)
    const metrics = await prisma.$metrics.json()
    const counted = valuesOf(metrics.counters)
    expect(counted['prisma_client_queries_total']).toBe(2)
    expect(counted['prisma_datasource_queries_total']).toBeGreaterThanOrEqual(2)
    // A database without a pool of connections keeps its zeros.
    const opened = counted['prisma_pool_connections_opened_total'] ?? 0
    expect(opened > 0).toBe(kind.pool !== undefined)
    const gauged = valuesOf(metrics.gauges)
    expect(gauged).toMatchObject({
      prisma_client_queries_active: 0,
      prisma_client_queries_wait: 0,
      prisma_pool_connections_busy: 0,
    })
    expect(gauged['prisma_pool_connections_open']).toBe(gauged['prisma_pool_connections_idle'])
    expect((gauged['prisma_pool_connections_open'] ?? 0) > 0).toBe(kind.pool !== undefined)
    const [queries, waits, statements] = metrics.histograms
    expect(queries?.value.count).toBe(2)
    expect(queries?.value.sum).toBeGreaterThan(0)
    expect(queries?.value.buckets.map(([bound]) => bound)).toEqual(bounds)
    // Each observation stands in one bucket, so the buckets add up to all of them.
    expect(queries?.value.buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(2)
    expect(statements?.value.count).toBe(counted['prisma_datasource_queries_total'])
    expect((waits?.value.count ?? 0) > 0).toBe(kind.pool !== undefined)
  })

  test('returns the Prometheus text', async () => {
    const { prisma } = await connect(kind)
    await executeOneQuery(prisma)
    const text = await prisma.$metrics.prometheus()
    for (const name of counters) expect(text.match(new RegExp(`${name} \\d`, 'g'))).toHaveLength(1)
    for (const name of gauges) expect(text.match(new RegExp(`${name} \\d`, 'g'))).toHaveLength(1)
    for (const name of histograms) {
      expect(text.match(new RegExp(`${name}_bucket`, 'g'))).toHaveLength(11)
      expect(text.match(new RegExp(`${name}_sum .*`, 'g'))).toHaveLength(1)
      expect(text.match(new RegExp(`${name}_count \\d`, 'g'))).toHaveLength(1)
    }
    // Here the buckets are cumulative.
    for (const [group, helps] of Object.entries(descriptions)) {
      for (const [name, help] of Object.entries(helps)) {
        expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${group.slice(0, -1)}\n`)
      }
    }
    expect(text).toMatch(/queries_duration_histogram_ms_bucket\{le="50000"\} 2\n/)
    expect(text).toMatch(/queries_duration_histogram_ms_bucket\{le="\+Inf"\} 2\n/)
  })

  test('is absent without the option', async () => {
    const { prisma } = await connect(kind, { legacyMetrics: false })
    expect(prisma.$metrics).toBeUndefined()
  })

  test('adds the global labels to every metric', async () => {
    const { prisma } = await connect(kind)
    await executeOneQuery(prisma)
    const globalLabels = { label1: 'value1', label2: 'value2' }
    const text = await prisma.$metrics.prometheus({ globalLabels })
    expect(text).toContain('prisma_client_queries_total{label1="value1",label2="value2"} 2')
    expect(text).toContain('{label1="value1",label2="value2",le="+Inf"}')
    const metrics = await prisma.$metrics.json({ globalLabels })
    for (const { labels } of Object.values(metrics).flat()) expect(labels).toEqual(globalLabels)
  })

  test('does not share metrics between two clients', async () => {
    const first = await connect(kind)
    const second = await connect(kind)
    await second.prisma.tag.create({ data: { name: 'second' } })
    const [one, two] = await Promise.all([
      first.prisma.$metrics.json(),
      second.prisma.$metrics.json(),
    ])
    expect(valuesOf(one.counters)['prisma_client_queries_total']).toBe(0)
    expect(valuesOf(two.counters)['prisma_client_queries_total']).toBe(1)
  })

  test('counts a running query until it ends', async () => {
    const { prisma } = await connect(kind)
    let open!: () => void
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const begun = new Promise<void>((resolve) => {
      const held = prisma.$extends({
        query: {
          async $allOperations({ args, query }) {
            resolve()
            await gate
            return query(args)
          },
        },
      })
      onTestFinished(async () => {
        await running
      })
      const running = held.tag.findMany().then(() => undefined)
    })
    const active = async (): Promise<number | undefined> =>
      valuesOf((await prisma.$metrics.json()).gauges)['prisma_client_queries_active']
    await begun
    expect(await active()).toBe(1)
    open()
    await vi.waitFor(async () => expect(await active()).toBe(0))
  })

  test.skipIf(kind.pool === undefined)(
    'counts queries that wait for a connection and measures the wait',
    async () => {
      const { prisma } = await connect(kind)
      const gauged = async () => {
        const values = valuesOf((await prisma.$metrics.json()).gauges)
        return {
          wait: values['prisma_client_queries_wait'] ?? 0,
          busy: values['prisma_pool_connections_busy'] ?? 0,
          idle: values['prisma_pool_connections_idle'],
        }
      }
      let open!: () => void
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      // More than any of the pools has connections.
      const held = Array.from({ length: 15 }, () =>
        prisma.$transaction(() => gate, { maxWait: 10_000, timeout: 10_000 }),
      )
      await vi.waitFor(async () => {
        const { wait, busy, idle } = await gauged()
        expect({ all: wait + busy, idle }).toEqual({ all: 15, idle: 0 })
        expect(wait).toBeGreaterThan(0)
      }, 8000)
      await sleep(50)
      const { wait } = await gauged()
      open()
      await Promise.all(held)
      await vi.waitFor(async () => expect(await gauged()).toMatchObject({ wait: 0, busy: 0 }), 8000)
      const [, waits] = (await prisma.$metrics.json()).histograms
      expect(waits?.value.count).toBe(15)
      expect(waits?.value.sum).toBeGreaterThan(wait * 49)
    },
  )

  test('counts failed queries and resets the gauges', async () => {
    const { prisma } = await connect(kind)
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.create({ data: { name: 'twice' } })
        await tx.tag.create({ data: { name: 'twice' } })
      }),
    ).rejects.toThrow('Unique constraint')
    const metrics = await prisma.$metrics.json()
    expect(valuesOf(metrics.counters)['prisma_client_queries_total']).toBe(2)
    const { prisma_client_queries_active: active, prisma_pool_connections_busy: busy } = valuesOf(
      metrics.gauges,
    )
    expect({ active, busy }).toEqual({ active: 0, busy: 0 })
  })
})

describe('in the registry', async () => {
  const [kind] = await runnableDatabases()
  const postgres = kind as RunnableDatabase

  test('exposes nothing without the option', async () => {
    const { registry } = await connect(postgres)
    expect(await registry.metrics()).not.toContain('prisma_client_queries')
  })

  test('exposes the twelve names with the numbers of $metrics', async () => {
    const { prisma, registry } = await connect(postgres, { legacyMetrics: { expose: true } })
    await executeOneQuery(prisma)
    const text = await registry.metrics()
    const metrics = await prisma.$metrics.json()
    for (const { key, value } of [...metrics.counters, ...metrics.gauges]) {
      expect(text).toContain(`\n${key}{client="default"} ${value}\n`)
    }
    for (const { key, value } of metrics.histograms) {
      expect(text).toContain(`\n${key}_count{client="default"} ${value.count}\n`)
    }
  })

  test('keeps its names under another prefix', async () => {
    const { prisma, registry } = await connect(postgres, {
      legacyMetrics: { expose: true },
      prefix: 'app_',
    })
    await executeOneQuery(prisma)
    const text = await registry.metrics()
    for (const name of [...counters, ...gauges]) expect(text).toContain(`\n${name}{`)
    const opened = /^app_pool_connections_opened_total\{client="default"\} (\d+)$/m.exec(text)?.[1]
    expect(text).toContain(`\nprisma_pool_connections_opened_total{client="default"} ${opened}\n`)
  })
})
