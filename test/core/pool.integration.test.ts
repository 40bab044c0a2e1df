import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { createDatabase } from '../database/database.ts'
import { type Connected, connect } from '../events/connect.ts'
import { valuesOf } from './values.ts'

test('the gauges show the pool as it is at the scrape', async () => {
  const { prisma, registry } = await connect({ max: 3 })
  await Promise.all([prisma.tag.count(), prisma.alert.count()])
  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    expect(await valuesOf(registry, 'prisma_pool_')).toMatchObject({
      'prisma_pool_connections{state="busy"}': 1,
      'prisma_pool_connections{state="idle"}': 1,
      prisma_pool_connections_max: 3,
      prisma_pool_pending_acquires: 0,
    })
  })
})

test('an exhausted pool has callers waiting, and the wait is measured', async () => {
  const { prisma, registry } = await connect({ max: 1, migrations: false })
  let waiting: Promise<unknown> | undefined
  await prisma.$transaction(async (tx) => {
    waiting = prisma.tag.count().then((count) => count)
    await sleep(200)
    await tx.tag.count()
    expect(await valuesOf(registry, 'prisma_pool_pending')).toEqual({
      prisma_pool_pending_acquires: 1,
    })
  })
  await waiting
  const values = await valuesOf(registry, 'prisma_pool_acquire_duration_seconds')
  expect(values['prisma_pool_acquire_duration_seconds_count{outcome="ok"}']).toBe(2)
  expect(values['prisma_pool_acquire_duration_seconds_sum{outcome="ok"}']).toBeGreaterThan(0.15)
})

test('a caller that gives up waiting is an error', async () => {
  await using database = await createDatabase()
  const { prisma, registry } = observed(
    new PrismaPg({ connectionString: database.url, max: 1, connectionTimeoutMillis: 1000 }),
  )
  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await expect(prisma.tag.count()).rejects.toThrow()
  })
  expect(await valuesOf(registry, 'prisma_pool_acquire_duration_seconds_count')).toEqual({
    'prisma_pool_acquire_duration_seconds_count{outcome="error"}': 1,
    'prisma_pool_acquire_duration_seconds_count{outcome="ok"}': 1,
  })
  await prisma.$disconnect()
})

test('connections are counted as they are opened and closed, over a reconnect', async () => {
  const { prisma, registry, database } = await connect({ max: 1, migrations: false })
  await prisma.tag.count()
  await prisma.$disconnect()
  expect(await valuesOf(registry, 'prisma_pool_connections')).toMatchObject({
    'prisma_pool_connections{state="busy"}': 0,
    'prisma_pool_connections{state="idle"}': 0,
    prisma_pool_connections_opened_total: 1,
    prisma_pool_connections_closed_total: 1,
  })
  await prisma.tag.count()
  await database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  await expect
    .poll(() => valuesOf(registry, 'prisma_pool_errors_total'))
    .toEqual({ prisma_pool_errors_total: 1 })
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_pool_')).toMatchObject({
    'prisma_pool_connections{state="idle"}': 1,
    // Of the pool that is there now, not of the one before it as well.
    prisma_pool_connections_max: 1,
    prisma_pool_connections_opened_total: 3,
    prisma_pool_connections_closed_total: 2,
    prisma_pool_errors_total: 1,
  })
})

test('a pool given from outside is left as it was found', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const before = surfaceOf(pool)
  const { prisma, registry } = observed(new PrismaPg(pool))
  await prisma.tag.count()
  expect(surfaceOf(pool)).not.toEqual(before)
  await prisma.$disconnect()
  expect(surfaceOf(pool)).toEqual(before)

  await pool.query('SELECT 1')
  expect(await valuesOf(registry, 'prisma_pool_acquire_duration_seconds_count')).toMatchObject({
    'prisma_pool_acquire_duration_seconds_count{outcome="ok"}': 1,
  })
  await pool.end()
})

test('an adapter that shows no pool has no such series', async () => {
  class Poolless extends PrismaPg {
    override async connect(): Promise<Awaited<ReturnType<PrismaPg['connect']>>> {
      return Object.assign(await super.connect(), { underlyingDriver: undefined })
    }
  }
  await using database = await createDatabase()
  const { prisma, registry } = observed(new Poolless({ connectionString: database.url }))
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_pool_')).toEqual({})
  await prisma.$disconnect()
})

function observed(adapter: PrismaPg): Pick<Connected, 'prisma' | 'registry'> {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  return { prisma: new PrismaClient({ adapter: metrics.adapter(adapter) }), registry }
}

/** What an instrumentation could leave behind on a pool: methods of its own, and listeners. */
function surfaceOf(pool: Pool): object {
  const own = Object.getOwnPropertyNames(pool).filter(
    (key) => typeof Reflect.get(pool, key) === 'function',
  )
  return {
    own,
    connect: pool.connect,
    listeners: pool.eventNames().map((event) => [event, pool.listenerCount(event)]),
  }
}
