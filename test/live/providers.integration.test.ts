import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { applyMigrations } from '../../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import { connect, gate } from '../events/connect.ts'
import { PrismaClient as MariadbClient } from '../fixtures/mariadb/generated/client.ts'
import { PrismaClient as SqliteClient } from '../fixtures/sqlite/generated/client.ts'
import { connect as connectPrisma8 } from '../prisma-8/connect.ts'
import { obstacleToMariadb, startMariadb } from '../prisma/databases/mariadb.ts'
import { createSqlite } from '../prisma/databases/sqlite.ts'
import { serve } from '../support/serve.ts'
import { ask } from './ask.ts'

interface Table {
  readonly id: string
  readonly rows: readonly (readonly unknown[])[]
}

/** A live page that has had its first reader. */
async function servePage(registry: object) {
  const served = await serve(
    exposeMetrics(undefined, { registry: registry as Registry, live: true }),
  )
  onTestFinished(() => served[Symbol.asyncDispose]())
  await ask(served.port, '/metrics/live')
  const read = async (path: string): Promise<unknown> => {
    const { body } = await ask(served.port, `/metrics/live/${path}`, { accept: 'application/json' })
    return JSON.parse(body)
  }
  return {
    async tables(): Promise<readonly Table[]> {
      const { clients } = (await read('snapshot')) as {
        clients: { sections: { tables: Table[] }[] }[]
      }
      return clients.flatMap(({ sections }) => sections.flatMap(({ tables }) => tables))
    },
    database: async () => (await read('database')) as { note?: string; tables: Table[] },
  }
}

const rowsOf = (tables: readonly Table[], id: string): readonly (readonly unknown[])[] =>
  tables.find((table) => table.id === id)?.rows ?? []

test('shows the last statement of an open transaction, and the rows of a job, without values', async () => {
  const { prisma, metrics, registry } = await connect()
  const page = await servePage(registry)
  await metrics.scope('nightly', () =>
    prisma.tag.createMany({ data: [{ name: 'secret-a' }, { name: 'secret-b' }] }),
  )
  const [held, reached] = [gate(), gate()]
  const holder = metrics.scope('GET /hold', () =>
    prisma.$transaction(async (tx) => {
      await tx.$executeRawUnsafe(`UPDATE "Tag" SET name = 'secret-c' WHERE name = 'secret-a'`)
      reached.open()
      await held.passed
    }),
  )
  await reached.passed
  const tables = await page.tables()
  held.open()
  await holder
  const [transaction] = rowsOf(tables, 'open-transactions')
  expect(transaction?.[0]).toBe('GET /hold')
  expect(transaction).toContain('UPDATE "Tag" SET name = ? WHERE name = ?')
  const [job] = rowsOf(tables, 'jobs')
  expect([job?.[0], job?.[1], job?.at(-1)]).toEqual(['nightly', 'ok', { value: 2, text: '2' }])
  expect(JSON.stringify(tables)).not.toContain('secret')
})

test('shows the open transactions of Prisma 8, and asks its database', async () => {
  const { db, registry, metrics } = await connectPrisma8()
  const page = await servePage(registry)
  const [held, reached] = [gate(), gate()]
  const holder = metrics.scope('GET /hold', () =>
    db.transaction(async (tx) => {
      await tx.orm.public.Note.create({ text: 'secret' })
      reached.open()
      await held.passed
    }),
  )
  await reached.passed
  const tables = await page.tables()
  const { note, tables: answer } = await page.database()
  held.open()
  await holder
  const [transaction] = rowsOf(tables, 'open-transactions')
  expect(transaction?.[0]).toBe('GET /hold')
  expect(JSON.stringify(transaction)).toContain('INSERT INTO')
  expect(note).toBeUndefined()
  expect(rowsOf(answer, 'database-models').map(([model]) => model)).toContain('Note')
  expect(JSON.stringify([tables, answer])).not.toContain('secret')
})

test('shows the heaviest statements of pg_stat_statements', async () => {
  await using server = await startEmbeddedPostgres({
    shared_preload_libraries: 'pg_stat_statements',
  })
  await applyMigrations(server.url)
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: server.url }))
  const prisma = metrics.instrument(new PrismaClient({ adapter }))
  try {
    await prisma.$executeRaw`CREATE EXTENSION pg_stat_statements`
    // The statements of the migrations are heavier.
    await prisma.$executeRaw`SELECT pg_stat_statements_reset()`
    await prisma.tag.create({ data: { name: 'secret-name' } })
    await prisma.$queryRawUnsafe(`SELECT 'secret-literal', 4242424242`)
    const page = await servePage(registry)
    const { note, tables } = await page.database()
    expect(note).toBeUndefined()
    const statements = rowsOf(tables, 'database-statements').map(([sql]) => String(sql))
    expect(statements.some((sql) => sql.startsWith('INSERT INTO "public"."Tag"'))).toBe(true)
    expect(JSON.stringify(tables)).not.toMatch(/secret|4242424242/)
  } finally {
    await prisma.$disconnect()
  }
})

const obstacle = await obstacleToMariadb()

test.skipIf(obstacle !== undefined)('asks MariaDB for tables and running queries', async () => {
  await using server = await startMariadb()
  await using database = await server.createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const adapter = metrics.adapter(new PrismaMariaDb({ ...database.config }))
  const prisma = metrics.instrument(new MariadbClient({ adapter }))
  try {
    await prisma.tag.create({ data: { name: 'secret-name' } })
    const page = await servePage(registry)
    const running = prisma.$queryRawUnsafe(`SELECT SLEEP(2), 'secret-literal'`).then(() => true)
    const sleeping = (): Promise<unknown[]> =>
      prisma.$queryRaw`SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'`
    await expect.poll(async () => (await sleeping()).length).toBe(1)
    const { note, tables } = await page.database()
    expect(await running).toBe(true)
    expect(note).toBeUndefined()
    expect(rowsOf(tables, 'database-models').map(([model]) => model)).toContain('Tag')
    const fingerprints = rowsOf(tables, 'database-running').map((row) => row.at(-1))
    expect(fingerprints).toContain('SELECT SLEEP(?), ?')
    expect(JSON.stringify(tables)).not.toContain('secret')
  } finally {
    await prisma.$disconnect()
  }
})

test('asks SQLite for the size of its file', async () => {
  await using database = await createSqlite()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const prisma = metrics.instrument(
    new SqliteClient({ adapter: metrics.adapter(database.adapter()) }),
  )
  try {
    await prisma.tag.create({ data: { name: 'secret-name' } })
    const page = await servePage(registry)
    const { note, tables } = await page.database()
    expect(note).toBeUndefined()
    const [[name, size] = []] = rowsOf(tables, 'database-models')
    expect(name).toBe('database')
    expect((size as { value: number }).value).toBeGreaterThan(4096)
  } finally {
    await prisma.$disconnect()
  }
})
