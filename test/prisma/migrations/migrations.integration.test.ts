import { randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { migrationsDirectory } from '../../../example/database/apply-migrations.ts'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { startCommitProxy } from '../../support/commit-proxy.ts'
import { createDatabase } from '../../support/database/database.ts'
import { connect } from '../../events/connect.ts'
import { recordSql } from '../subject.ts'
import { valuesOf } from '../values.ts'

const now = 'now()'

test('counts migrations by the state that Prisma Migrate reports', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await cp(migrationsDirectory, directory, { recursive: true })
  await mkdir(join(directory, '20990101000000_not_yet'))
  await mkdir(join(directory, '20990102000000_rolled_back'))

  const { prisma, registry, database } = await connect({ migrations: { directory } })
  await database.query(row('20990103000000_failed', 'NULL', 'NULL'))
  await database.query(row('20990102000000_rolled_back', 'NULL', now))
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({
    'prisma_migrations{state="applied"}': 3,
    'prisma_migrations{state="failed"}': 1,
    'prisma_migrations{state="rolled_back"}': 1,
    // The one that was rolled back is to be applied again.
    'prisma_migrations{state="pending"}': 2,
  })
})

test('omits pending migrations without a directory', async () => {
  const { prisma, registry } = await connect()
  await prisma.tag.count()
  expect(Object.keys(await valuesOf(registry, 'prisma_migrations'))).toEqual([
    'prisma_migrations{state="applied"}',
    'prisma_migrations{state="failed"}',
    'prisma_migrations{state="rolled_back"}',
  ])
})

test('opens no connection for a client that has not connected', async () => {
  const { registry, database } = await connect()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
  const [connections] = await database.query<{ count: string }>(
    'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  expect(connections?.count).toBe('0')
})

test('has no series and no error on a database without the table', async () => {
  const { prisma, registry, database, errors } = await connect()
  await database.query('DROP TABLE _prisma_migrations')
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
  expect(errors).toEqual([])
})

test('reads again after refreshSeconds, and not before', async () => {
  const failed = 'prisma_migrations{state="failed"}'
  const fresh = await connect({ migrations: { refreshSeconds: 3600 } })
  await fresh.prisma.tag.count()
  await valuesOf(fresh.registry, 'prisma_migrations')
  await fresh.database.query(row('20990103000000_failed', 'NULL', 'NULL'))
  // A scrape that has it read again serves what was there, and the next one what came of it.
  for (let scrape = 0; scrape < 3; scrape++) {
    expect((await valuesOf(fresh.registry, 'prisma_migrations'))[failed]).toBe(0)
    await sleep(100)
  }

  const eager = await connect({ migrations: { refreshSeconds: 0 } })
  await eager.prisma.tag.count()
  await valuesOf(eager.registry, 'prisma_migrations')
  await eager.database.query(row('20990103000000_failed', 'NULL', 'NULL'))
  await expect
    .poll(async () => (await valuesOf(eager.registry, 'prisma_migrations'))[failed])
    .toBe(1)
})

test('does not count its own query', async () => {
  const { prisma, registry } = await connect()
  await prisma.tag.count()
  await valuesOf(registry, 'prisma_migrations')
  expect(await valuesOf(registry, 'prisma_statement_duration_seconds_count')).toEqual({
    'prisma_statement_duration_seconds_count{model="Tag",statement="select"}': 1,
  })
})

test('reads the migrations of the schema of its adapter', async () => {
  await using database = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: { refreshSeconds: 0 } })
  const adapter = new PrismaPg({ connectionString: database.url }, { schema: `te"nant's` })
  const prisma = new PrismaClient({ adapter: metrics.adapter(adapter) })
  await prisma.$connect()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})

  const schema = `"te""nant's"`
  await database.query(`CREATE SCHEMA ${schema}`)
  await database.query(
    `CREATE TABLE ${schema}._prisma_migrations (LIKE _prisma_migrations INCLUDING ALL)`,
  )
  await database.query(row('20990103000000_failed', 'NULL', 'NULL', `${schema}._prisma_migrations`))
  await expect
    .poll(() => valuesOf(registry, 'prisma_migrations'))
    .toMatchObject({
      'prisma_migrations{state="applied"}': 0,
      'prisma_migrations{state="failed"}': 1,
    })
  await prisma.$disconnect()
})

/** How often readings of the gauge have failed, and how often the instrumentation has. */
async function failures(registry: Registry): Promise<(number | undefined)[]> {
  const readings = await valuesOf(registry, 'prisma_reading_errors_total')
  const own = await valuesOf(registry, 'prisma_instrumentation_errors_total')
  return [
    readings['prisma_reading_errors_total{gauge="prisma_migrations"}'],
    own['prisma_instrumentation_errors_total'],
  ]
}

test('reports a role without SELECT on the table as a failed reading, without reading it', async () => {
  await using database = await createDatabase()
  const role = `role_${randomUUID().replaceAll('-', '')}`
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  await database.query(`GRANT USAGE ON SCHEMA public TO ${role}`)
  const url = new URL(database.url)
  url.username = role
  url.password = 'secret'
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics({ registry, onError: (error) => errors.push(error) })
  const sent: string[] = []
  const adapter = new PrismaPg({
    connectionString: url.href,
    onConnect: (connection) => recordSql(connection, sent),
  })
  const prisma = new PrismaClient({ adapter: metrics.adapter(adapter) })
  await prisma.$connect()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
  expect(await failures(registry)).toEqual([1, 0])
  expect(String(errors[0])).toMatch(/prisma_migrations: expected a role that may read/)
  expect(sent.filter((sql) => sql.includes('FROM _prisma_migrations'))).toEqual([])
  await prisma.$disconnect()
  await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
})

test('reports a missing directory as a failed reading and keeps the other states', async () => {
  const { prisma, registry } = await connect({ migrations: { directory: '/nowhere/migrations' } })
  await prisma.tag.count()
  expect(Object.keys(await valuesOf(registry, 'prisma_migrations'))).toEqual([
    'prisma_migrations{state="applied"}',
    'prisma_migrations{state="failed"}',
    'prisma_migrations{state="rolled_back"}',
  ])
  expect(await failures(registry)).toEqual([1, 0])
})

test('reports an unreachable database as a failed reading', async () => {
  await using database = await createDatabase()
  const url = new URL(database.url)
  const proxy = await startCommitProxy({ host: url.hostname, port: Number(url.port) })
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: { refreshSeconds: 0 } })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: url.href }))
  const prisma = new PrismaClient({ adapter })
  await prisma.tag.count()
  await valuesOf(registry, 'prisma_migrations')
  await proxy[Symbol.asyncDispose]()
  await expect
    .poll(async () => {
      await valuesOf(registry, 'prisma_migrations')
      return (await failures(registry))[0]
    })
    .toBeGreaterThan(0)
  expect((await failures(registry))[1]).toBe(0)
  await prisma.$disconnect()
})

test('does not read on a pool of one while it is busy', async () => {
  const { prisma, registry } = await connect({ max: 1 })
  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
    expect(await valuesOf(registry, 'prisma_pool_pending')).toEqual({
      prisma_pool_pending_acquires: 0,
    })
  })
  expect(await valuesOf(registry, 'prisma_migrations')).toMatchObject({
    'prisma_migrations{state="failed"}': 0,
  })
})

test('reads nothing with migrations: false', async () => {
  const { prisma, registry } = await connect({ migrations: false })
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
})

function row(
  name: string,
  finishedAt: string,
  rolledBackAt: string,
  table = '_prisma_migrations',
): string {
  return `INSERT INTO ${table} (id, checksum, migration_name, finished_at, rolled_back_at)
    VALUES (gen_random_uuid(), '', '${name}', ${finishedAt}, ${rolledBackAt})`
}

test('names failed and pending migrations, at most 20', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await cp(migrationsDirectory, directory, { recursive: true })
  await mkdir(join(directory, '20990101000000_not_yet'))
  const { prisma, registry, database } = await connect({
    migrations: { directory, refreshSeconds: 0 },
  })
  await database.query(row('20990103000000_failed', 'NULL', 'NULL'))
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_migration_info')).toEqual({
    'prisma_migration_info{migration="20990103000000_failed",state="failed"}': 1,
    'prisma_migration_info{migration="20990101000000_not_yet",state="pending"}': 1,
  })

  await database.query(`UPDATE _prisma_migrations SET finished_at = now()`)
  for (let day = 10; day < 35; day++) await mkdir(join(directory, `209902${day}000000_more`))
  await registry.metrics()
  const names = Object.keys(await valuesOf(registry, 'prisma_migration_info'))
  expect(names).toHaveLength(20)
  expect(names.filter((name) => name.includes('failed'))).toEqual([])
  expect(
    (await valuesOf(registry, 'prisma_migrations'))['prisma_migrations{state="pending"}'],
  ).toBe(26)
})
