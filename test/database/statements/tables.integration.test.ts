import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics, type PrismaMetricsOptions } from '../../../src/index.ts'
import { createDatabase } from '../../support/database/database.ts'
import { PrismaClient as TicketsClient } from '../../fixtures/multi-schema/generated/client.ts'
import { createSubject, instrumentedClient, type Subject } from '../../prisma/subject.ts'

/** Rows written, by model and action, zeros left out. */
async function rowsOf({ registry }: Pick<Subject, 'registry'>): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).matchAll(
    /^prisma_model_(\w+)s_total\{.*model="(.*)"\} (\d+)$/gm,
  )
  return Object.fromEntries(
    [...lines]
      .map(([, action, model, value]) => [`${model} ${action}`, Number(value)] as const)
      .filter(([, value]) => value > 0),
  )
}

test('labels a table with its model, and a relation table with its own name', async () => {
  const subject = await createSubject()
  const prisma = instrumentedClient(subject)
  await prisma.workspace.create({
    data: {
      slug: 'a',
      name: 'a',
      jobRuns: { create: { name: 'mapped' } },
      alerts: { create: { title: 'a', tags: { create: [{ name: 'a' }, { name: 'b' }] } } },
    },
  })
  await prisma.$executeRaw`UPDATE job_runs SET name = 'raw'`
  await prisma.$executeRaw`delete from PUBLIC."Tag" where name = 'a'`
  await prisma.$executeRaw`WITH x AS (SELECT 1) DELETE FROM "Tag"`
  expect(await rowsOf(subject)).toEqual({
    'Workspace insert': 1,
    'JobRun insert': 1,
    'JobRun update': 1,
    'Alert insert': 1,
    'Tag insert': 2,
    'Tag delete': 1,
    '_AlertToTag insert': 2,
  })
})

test('distinguishes tables whose names differ in case only', async () => {
  const subject = await createSubject()
  const { database } = subject
  await database.query('CREATE TABLE tag (name text)')
  const prisma = instrumentedClient(subject)
  await prisma.$executeRaw`INSERT INTO tag VALUES ('a'), ('b')`
  await prisma.$executeRaw`INSERT INTO Tag VALUES ('c')`
  await prisma.$executeRaw`INSERT INTO "tag" VALUES ('d')`
  await prisma.$executeRaw`INSERT INTO "Tag" (name) VALUES ('e')`
  await prisma.$executeRaw`INSERT INTO JOB_RUNS (name) VALUES ('f')`
  expect(await rowsOf(subject)).toEqual({ 'tag insert': 4, 'Tag insert': 1, 'JobRun insert': 1 })
})

test('distinguishes two models with the same table name in two schemas', async () => {
  await using database = await createDatabase('multi_schema')
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const adapter = new PrismaPg({ connectionString: database.url, max: 1 })
  const prisma = new TicketsClient({ adapter: metrics.adapter(adapter) }).$extends(
    metrics.extension,
  )
  await prisma.salesTicket.create({ data: { title: 'a', lines: { create: { amount: 1 } } } })
  await prisma.supportTicket.createMany({ data: [{ title: 'b' }, { title: 'c' }] })
  await prisma.$executeRaw`UPDATE support.ticket SET resolved = true WHERE title = 'b'`
  // The search path decides which table this is.
  await prisma.$executeRaw`SET search_path TO sales`
  await prisma.$executeRaw`UPDATE ticket SET title = 'd'`
  // A table that Prisma knows nothing of is not the model of the same name in another schema.
  await database.query('CREATE SCHEMA archive; CREATE TABLE archive.ticket (id int)')
  await prisma.$executeRaw`INSERT INTO archive.ticket VALUES (1), (2), (3)`
  expect(await rowsOf({ registry })).toEqual({
    'SalesTicket insert': 1,
    'SalesLine insert': 1,
    'SupportTicket insert': 2,
    'SupportTicket update': 1,
    'ticket insert': 3,
    'ticket update': 1,
  })
  await prisma.$disconnect()
})

test.each([
  ['public', undefined, 'archive'],
  ['tenant', { schema: 'tenant' }, 'public'],
])('finds a model in the schema of its client, %s', async (home, adapterOptions, other) => {
  const subject = await createSubject()
  const { metrics, database } = subject
  await database.query(
    ['archive', 'tenant']
      .map(
        (name) =>
          `CREATE SCHEMA ${name}; CREATE TABLE ${name}."Tag" (LIKE public."Tag" INCLUDING ALL);`,
      )
      .join('\n'),
  )
  const adapter = new PrismaPg({ connectionString: database.url }, adapterOptions)
  const prisma = subject.client(
    new PrismaClient({ adapter: metrics.adapter(adapter) }).$extends(metrics.extension),
  )
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  await prisma.$executeRawUnsafe(`INSERT INTO ${other}."Tag" SELECT * FROM ${home}."Tag"`)
  await prisma.$executeRawUnsafe(`DELETE FROM ${home.toUpperCase()}."Tag" WHERE name = 'a'`)
  expect(await rowsOf(subject)).toEqual({
    'Tag insert': 2,
    'Tag delete': 1,
    [`${other}.Tag insert`]: 2,
  })
})

test('labels rows with the table name before the models are known', async () => {
  const subject = await createSubject()
  const { metrics } = subject
  const base = subject.client(new PrismaClient({ adapter: metrics.adapter(subject.adapter()) }))
  await base.jobRun.create({ data: { name: 'a' } })
  await base.$extends(metrics.extension).jobRun.create({ data: { name: 'b' } })
  expect(await rowsOf(subject)).toEqual({ 'job_runs insert': 1, 'JobRun insert': 1 })
})

test.each<[string, PrismaMetricsOptions, string]>([
  ['tables keep their names', {}, 'job_runs insert'],
  ['the models option names them', { models: { job_runs: 'JobRun' } }, 'JobRun insert'],
  ['with their schema, too', { models: { 'public.job_runs': 'JobRun' } }, 'JobRun insert'],
])('with the adapter alone %s', async (_what, options, name) => {
  const subject = await createSubject(options)
  const prisma = new PrismaClient({ adapter: subject.metrics.adapter(subject.adapter()) })
  await subject.client(prisma).jobRun.create({ data: { name: 'a' } })
  expect(await rowsOf(subject)).toEqual({ [name]: 1 })
})
