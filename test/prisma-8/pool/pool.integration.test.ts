import { PrismaPg } from '@prisma/adapter-pg'
import postgres from '@prisma/orm-postgres/runtime'
import { Client, Pool } from 'pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics as prisma7Metrics } from '../../../src/index.ts'
import { prismaMetrics } from '../../../src/prisma-8.ts'
import { snapshot } from '../../../src/testing/index.ts'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import contractJson from '../../fixtures/prisma-8/contract.json' with { type: 'json' }
import { createDatabase } from '../../support/database/database.ts'
import { connect } from '../connect.ts'

const inserts = 'prisma_model_inserts_total'

test('counts statements of the application on the pool under $raw, in each form of pg', async () => {
  const { pool, snapshot: now } = await connect()
  const insert = `INSERT INTO "Tag" (name) VALUES ($1)`
  await pool.query(insert, ['promise'])
  await new Promise<void>((resolve, reject) => {
    pool.query(insert, ['callback'], (error: Error | null) => (error ? reject(error) : resolve()))
  })
  const client = await pool.connect()
  await new Promise<void>((resolve, reject) => {
    client.query({ text: insert, values: ['config'] }, (error: Error | null) =>
      error ? reject(error) : resolve(),
    )
  })
  client.release()
  await pool.query(
    `INSERT INTO "Tag" (name) VALUES ('one'); INSERT INTO "Tag" (name) VALUES ('two')`,
  )
  const counted = await now()
  expect(counted.value(inserts, { model: '$raw' })).toBe(5)
})

test("passes the driver's error object to promises and callbacks", async () => {
  const { pool } = await connect()
  const errors: unknown[] = []
  await pool.query('SELECT nothing').catch((error: unknown) => errors.push(error))
  await new Promise<void>((resolve) => {
    pool.query('SELECT nothing', (error: Error | null) => {
      errors.push(error)
      resolve()
    })
  })
  expect(errors).toHaveLength(2)
  for (const error of errors) expect(error).toMatchObject({ code: '42703' })
})

test('counts once on a pool that is instrumented twice, and rejects another label', async () => {
  const { db, pool, metrics, registry, snapshot: now } = await connect()
  expect(metrics.pool(pool)).toBe(pool)
  expect(metrics.instrument(db)).toBe(db)
  await db.orm.public.Tag.create({ name: 'a' })
  expect((await now()).value(inserts, { model: 'Tag' })).toBe(1)
  expect(() => prismaMetrics({ registry, client: 'other' }).pool(pool)).toThrow(/"default"/)
})

test('instruments the pool that Prisma makes for a url', async () => {
  const database = await createDatabase('prisma_8')
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const middleware = [metrics.middleware]
  const db = metrics.instrument(postgres<Contract>({ contractJson, url: database.url, middleware }))
  onTestFinished(async () => {
    await db.close()
    await database.drop()
  })
  await db.transaction((tx) => tx.orm.public.Tag.create({ name: 'a' }))
  const now = await snapshot(registry)
  expect(now.value(inserts, { model: 'Tag' })).toBe(1)
  expect(now.value('prisma_transaction_duration_seconds_count', { outcome: 'commit' })).toBe(1)
  expect(now.value('prisma_pool_connections_max')).toBe(10)
})

test('instruments a single connection', async () => {
  const database = await createDatabase('prisma_8')
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const client = metrics.pool(new Client({ connectionString: database.url }))
  const db = postgres<Contract>({ contractJson, pg: client, middleware: [metrics.middleware] })
  onTestFinished(async () => {
    await client.end()
    await database.drop()
  })
  await db.transaction((tx) => tx.orm.public.Tag.create({ name: 'a' }))
  expect((await snapshot(registry)).value(inserts, { model: 'Tag' })).toBe(1)
})

test('rejects a value that is not a pool', () => {
  const metrics = prismaMetrics({ registry: new Registry() })
  expect(() => metrics.pool({})).toThrow(/expected a Pool or a Client of pg/)
  expect(() => metrics.instrument({})).toThrow(/expected a client of Prisma 8/)
})

test('rejects the label of a Prisma 7 client of the registry', () => {
  const registry = new Registry()
  prisma7Metrics({ registry })
  expect(() => prismaMetrics({ registry })).toThrow(
    /expected a label of its own .* got one that a Prisma 7 client has/,
  )
})

test('does not count the statements of an instrumented Prisma 7 client on the same pool', async () => {
  const database = await createDatabase()
  const registry = new Registry()
  const seven = prisma7Metrics({ registry, client: 'seven' })
  const eight = prismaMetrics({ registry, client: 'eight' })
  const pool = eight.pool(new Pool({ connectionString: database.url, max: 2 }))
  const prisma = new PrismaClient({ adapter: seven.adapter(new PrismaPg(pool)) }).$extends(
    seven.extension,
  )
  onTestFinished(async () => {
    await prisma.$disconnect()
    await pool.end()
    await database.drop()
  })
  // More callers than connections, so that some wait in the queue of the pool.
  await Promise.all([
    ...['a', 'b', 'c', 'd'].map((name) => prisma.tag.create({ data: { name } })),
    prisma.$transaction((tx) => tx.tag.create({ data: { name: 'e' } })),
    pool.query(`INSERT INTO "Tag" (name) VALUES ('own')`),
  ])
  await pool.query(`INSERT INTO "Tag" (name) VALUES ('own too')`)
  const now = await snapshot(registry)
  expect(now.value(inserts, { client: 'seven', model: 'Tag' })).toBe(5)
  expect(now.value(inserts, { client: 'eight' })).toBe(2)
  expect(now.value('prisma_transaction_duration_seconds_count', { client: 'eight' })).toBe(0)
})

test('distinguishes inserts from updates of upserts with exactUpserts', async () => {
  const { db, snapshot: now } = await connect({ exactUpserts: true })
  const upsert = (score: number) =>
    db.orm.public.User.upsert({
      create: { email: 'a', score: 1 },
      update: { score },
      conflictOn: { email: 'a' },
    })
  expect(Object.keys(await upsert(2))).toEqual(['address', 'email', 'id', 'score', 'standing'])
  expect(await upsert(3)).toMatchObject({ score: 3 })
  const counted = await now()
  expect(counted.value(inserts, { model: 'User' })).toBe(1)
  expect(counted.value('prisma_model_updates_total', { model: 'User' })).toBe(1)
  expect(counted.value('prisma_model_upserts_total', { model: 'User' })).toBe(0)
})
