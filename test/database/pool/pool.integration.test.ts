import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { createDatabase } from '../../support/database/database.ts'
import { type Connected, connect } from '../../events/connect.ts'
import { valuesOf } from '../../prisma/values.ts'

test('reports the state of the pool at the time of the scrape', async () => {
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

test('reports waiting callers of an exhausted pool and measures their wait', async () => {
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

test('counts a caller that stops waiting as an error', async () => {
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

test('counts opened and closed connections across a reconnect', async () => {
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

test('restores a pool that was passed by the application', async () => {
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

test('counts a pool that two clients share once', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url, max: 5 })
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const client = () => new PrismaClient({ adapter: metrics.adapter(new PrismaPg(pool)) })
  const [first, second] = [client(), client()]
  await first.$connect()
  await second.$connect()
  await first.tag.count()
  const whole = {
    'prisma_pool_connections{state="busy"}': 0,
    'prisma_pool_connections{state="idle"}': 1,
    prisma_pool_connections_max: 5,
    'prisma_pool_acquire_duration_seconds_count{outcome="ok"}': 1,
    prisma_pool_connections_opened_total: 1,
    prisma_pool_connections_closed_total: 0,
  }
  expect(await valuesOf(registry, 'prisma_pool_')).toMatchObject(whole)
  await first.$disconnect()
  expect(await valuesOf(registry, 'prisma_pool_')).toMatchObject(whole)
  await second.$disconnect()
  await pool.end()
})

test('restores a shared pool after its clients have disconnected in any order', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const before = surfaceOf(pool)
  const [first, second] = [observed(new PrismaPg(pool)), observed(new PrismaPg(pool))]
  await first.prisma.$connect()
  await second.prisma.$connect()
  for (const { prisma } of [first, second]) {
    await prisma.$disconnect()
    await prisma.$connect()
  }
  await second.prisma.tag.count()
  for (const { prisma, registry } of [first, second]) {
    expect(await valuesOf(registry, 'prisma_pool_connections_opened_total')).toEqual({
      prisma_pool_connections_opened_total: 1,
    })
    await prisma.$disconnect()
  }
  expect(surfaceOf(pool)).toEqual(before)
  await pool.end()
})

test('counts connections that a pool opened and closed before it was bound', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const { prisma, registry } = observed(new PrismaPg(pool))
  const counted = async () => {
    const values = await valuesOf(registry, 'prisma_pool_connections_')
    const { prisma_pool_connections_opened_total: opened } = values
    const { prisma_pool_connections_closed_total: closed } = values
    return { opened, closed }
  }
  const open = await Promise.all([pool.connect(), pool.connect()])
  await prisma.$connect()
  expect(await counted()).toEqual({ opened: 2, closed: 0 })
  const close = true
  for (const connection of open) connection.release(close)
  await expect.poll(counted).toEqual({ opened: 2, closed: 2 })

  const third = await pool.connect()
  expect(await counted()).toEqual({ opened: 3, closed: 2 })
  await prisma.$disconnect()
  third.release(close)
  await prisma.$connect()
  expect(await counted()).toEqual({ opened: 3, closed: 3 })
  await prisma.$disconnect()
  await pool.end()
})

test('counts the connections of a pool of the application that ends after the client', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const { prisma, registry } = observed(new PrismaPg(pool))
  await prisma.$connect()
  const held = await Promise.all(Array.from({ length: 6 }, () => pool.connect()))
  for (const connection of held) connection.release()
  await prisma.$disconnect()
  const connections = () => valuesOf(registry, 'prisma_pool_connections_')
  expect(await connections()).toEqual({
    prisma_pool_connections_opened_total: 6,
    prisma_pool_connections_closed_total: 0,
  })
  await pool.end()
  expect(await connections()).toEqual({
    prisma_pool_connections_opened_total: 6,
    prisma_pool_connections_closed_total: 6,
  })
})

test('counts a connection once that is being opened when the pool is bound', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const opening = pool.connect()
  const adapter = await metrics.adapter(new PrismaPg(pool)).connect()
  const second = await pool.connect()
  expect(await valuesOf(registry, 'prisma_pool_connections_opened')).toEqual({
    prisma_pool_connections_opened_total: 2,
  })
  second.release()
  const first = await opening
  first.release()
  await adapter.dispose()
  await pool.end()
})

test('counts a pool once if two copies of the package watch it for one client', async () => {
  await using database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const registry = new Registry()
  // A hot reload loads every module again.
  vi.resetModules()
  const copy = await import('../../../src/index.ts')
  expect(copy.prismaMetrics).not.toBe(prismaMetrics)
  const [first, second] = [prismaMetrics, copy.prismaMetrics].map((make) => {
    const metrics = make({ registry, migrations: false })
    return new PrismaClient({ adapter: metrics.adapter(new PrismaPg(pool)) })
  })
  await first?.$connect()
  await second?.$connect()
  await second?.tag.count()
  expect(await valuesOf(registry, 'prisma_pool_')).toMatchObject({
    'prisma_pool_acquire_duration_seconds_count{outcome="ok"}': 1,
    prisma_pool_connections_opened_total: 1,
  })
  await first?.$disconnect()
  await second?.tag.count()
  expect(await valuesOf(registry, 'prisma_pool_acquire')).toMatchObject({
    'prisma_pool_acquire_duration_seconds_count{outcome="ok"}': 2,
  })
  await second?.$disconnect()
  await pool.end()
})

test('omits the maximum without a pool, or if one of several pools does not expose it', async () => {
  class Unlimited extends PrismaPg {
    override async connect(): Promise<Awaited<ReturnType<PrismaPg['connect']>>> {
      const adapter = await super.connect()
      const pool = adapter.underlyingDriver()
      Object.defineProperty(pool, 'options', { value: { ...pool.options, max: undefined } })
      return adapter
    }
  }
  await using database = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const config = { connectionString: database.url, max: 3 }
  const clients = [new PrismaPg(config), new PrismaPg(config), new Unlimited(config)].map(
    (adapter) => new PrismaClient({ adapter: metrics.adapter(adapter) }),
  )
  const limits: (number | undefined)[] = []
  const look = async (): Promise<void> => {
    const values = await valuesOf(registry, 'prisma_pool_connections_max')
    limits.push(values['prisma_pool_connections_max'])
  }
  for (const client of clients) {
    await client.$connect()
    await look()
  }
  for (const client of clients.toReversed()) {
    await client.$disconnect()
    await look()
  }
  expect(limits).toEqual([3, 6, undefined, 6, 3, undefined])
})

test('has no pool series for an adapter that does not expose its pool', async () => {
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
