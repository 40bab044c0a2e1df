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
import { createDatabase } from '../../support/database/database.ts'
import { connect } from '../../events/connect.ts'
import { valuesOf } from '../values.ts'

const now = 'now()'

test('the states of migrations, as Prisma Migrate has them', async () => {
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

test('without a directory nothing is said of pending ones', async () => {
  const { prisma, registry } = await connect()
  await prisma.tag.count()
  expect(Object.keys(await valuesOf(registry, 'prisma_migrations'))).toEqual([
    'prisma_migrations{state="applied"}',
    'prisma_migrations{state="failed"}',
    'prisma_migrations{state="rolled_back"}',
  ])
})

test('a client that has not connected is not made to', async () => {
  const { registry, database } = await connect()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
  const [connections] = await database.query<{ count: string }>(
    'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  expect(connections?.count).toBe('0')
})

test('a database without the table is asked without an error, and has no series', async () => {
  const { prisma, registry, database, errors } = await connect()
  await database.query('DROP TABLE _prisma_migrations')
  await prisma.tag.count()
  expect(await valuesOf(registry, 'prisma_migrations')).toEqual({})
  expect(errors).toEqual([])
})

test('it is read again when it is as old as refreshSeconds, and not before', async () => {
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

test('its own query is not counted as the application’s', async () => {
  const { prisma, registry } = await connect()
  await prisma.tag.count()
  await valuesOf(registry, 'prisma_migrations')
  expect(await valuesOf(registry, 'prisma_statement_duration_seconds_count')).toEqual({
    'prisma_statement_duration_seconds_count{model="Tag",statement="select"}': 1,
  })
})

test('an adapter with a schema has the migrations of that schema', async () => {
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

test('migrations: false asks nothing', async () => {
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
