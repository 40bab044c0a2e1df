import { PrismaPg } from '@prisma/adapter-pg'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient as TicketsClient } from '../../fixtures/multi-schema/generated/client.ts'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { createDatabase, type TestDatabase } from './database.ts'

async function connect(): Promise<{ prisma: PrismaClient; database: TestDatabase }> {
  const database = await createDatabase()
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url }) })
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })
  return { prisma, database }
}

const untouched = { insert: 0, update: 0, delete: 0 }

test('the audit sees every row that a nested write commits', async () => {
  const { prisma, database } = await connect()

  await prisma.workspace.create({
    data: {
      slug: 'acme',
      name: 'Acme',
      dataSources: { create: { name: 'orders', kind: 'postgres' } },
      alerts: { create: { title: 'late', tags: { create: [{ name: 'a' }, { name: 'b' }] } } },
      jobRuns: { create: { name: 'nightly' } },
    },
  })
  await prisma.jobRun.updateMany({ data: { outcome: 'SUCCEEDED' } })
  await prisma.jobRun.deleteMany()

  expect(await database.audit()).toEqual({
    Alert: { ...untouched, insert: 1 },
    DataSource: { ...untouched, insert: 1 },
    DriftEvent: untouched,
    QualityReport: untouched,
    Tag: { ...untouched, insert: 2 },
    Workspace: { ...untouched, insert: 1 },
    _AlertToTag: { ...untouched, insert: 2 },
    job_runs: { insert: 1, update: 1, delete: 1 },
  })
})

test('a native upsert is audited as what it was', async () => {
  const { prisma, database } = await connect()

  const upsert = { where: { name: 'late' }, create: { name: 'late' }, update: { name: 'late' } }
  await prisma.tag.upsert(upsert)
  await prisma.tag.upsert(upsert)

  expect((await database.audit())['Tag']).toEqual({ insert: 1, update: 1, delete: 0 })
})

test('a rollback takes its notes along, that of a savepoint too', async () => {
  const { prisma, database } = await connect()

  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'a' } })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await database.query(`
    BEGIN; SAVEPOINT s; INSERT INTO "Tag" (name) VALUES ('b'); ROLLBACK TO SAVEPOINT s;
    INSERT INTO "Tag" (name) VALUES ('c'); COMMIT`)

  expect((await database.audit())['Tag']).toEqual({ ...untouched, insert: 1 })
})

test('separates rows that a foreign key writes from those of the statement', async () => {
  const { prisma, database } = await connect()
  const source = await prisma.dataSource.create({
    data: {
      name: 'orders',
      kind: 'postgres',
      workspace: { create: { slug: 'acme', name: 'Acme' } },
      driftEvents: {
        create: [
          { kind: 'SCHEMA', score: 1 },
          { kind: 'VOLUME', score: 2 },
        ],
      },
    },
  })
  const { id: alertId } = await prisma.alert.create({
    data: {
      title: 'late',
      workspace: { connect: { slug: 'acme' } },
      dataSource: { connect: { id: source.id } },
      tags: { create: { name: 'a' } },
    },
  })
  const before = await database.audit()

  await database.query('DELETE FROM "DataSource"')
  await database.query('DELETE FROM "Alert" WHERE id = $1', [alertId])

  const none = Object.fromEntries(Object.keys(before).map((table) => [table, untouched]))
  expect(await database.cascades()).toEqual({
    ...none,
    Alert: { ...untouched, update: 1 },
    DriftEvent: { ...untouched, delete: 2 },
    _AlertToTag: { ...untouched, delete: 1 },
  })
  expect(await database.audit()).toEqual({
    ...before,
    Alert: { ...before['Alert'], delete: 1 },
    DataSource: { ...before['DataSource'], delete: 1 },
  })
})

test('the audit makes no writer wait for another', async () => {
  const { prisma, database } = await connect()

  await prisma.$transaction(async (outer) => {
    await outer.tag.create({ data: { name: 'outer' } })
    await prisma.tag.create({ data: { name: 'beside' } })
    expect((await database.audit())['Tag']).toEqual({ ...untouched, insert: 1 })
  })

  expect((await database.audit())['Tag']).toEqual({ ...untouched, insert: 2 })
})

test('one table name in two schemas is two tables', async () => {
  await using database = await createDatabase('multi_schema')
  const prisma = new TicketsClient({ adapter: new PrismaPg({ connectionString: database.url }) })

  await prisma.salesTicket.create({ data: { title: 'a', lines: { create: { amount: 1 } } } })
  await prisma.supportTicket.create({ data: { title: 'b' } })
  await prisma.supportTicket.deleteMany()
  await prisma.$disconnect()

  expect(await database.audit()).toEqual({
    'sales.line': { ...untouched, insert: 1 },
    'sales.ticket': { ...untouched, insert: 1 },
    'support.ticket': { ...untouched, insert: 1, delete: 1 },
  })
})

test('databases are apart from each other and gone after drop', async () => {
  const first = await createDatabase()
  await using second = await createDatabase()

  await first.query(`INSERT INTO "Tag" (name) VALUES ('a')`)
  expect(await second.query('SELECT * FROM "Tag"')).toEqual([])

  const name = new URL(first.url).pathname.slice(1)
  const exists = 'SELECT FROM pg_database WHERE datname = $1'
  expect(await second.query(exists, [name])).toHaveLength(1)
  await first.drop()
  expect(await second.query(exists, [name])).toHaveLength(0)
})
