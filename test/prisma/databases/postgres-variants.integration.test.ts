import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { createDatabase, type Writes } from '../../support/database/database.ts'
import { PrismaClient as TicketsClient } from '../../fixtures/multi-schema/generated/client.ts'
import { numbersOf } from '../neighbours/observed.ts'
import { createPglite } from './pglite.ts'
import { asClient } from '../../support/as-client.ts'

async function program(prisma: PrismaClient): Promise<void> {
  await prisma.workspace.create({
    data: {
      slug: 'acme',
      name: 'Acme',
      alerts: { create: { title: 'late', tags: { create: [{ name: 'a' }, { name: 'b' }] } } },
    },
  })
  await prisma.tag.createMany({ data: [{ name: 'b' }, { name: 'c' }], skipDuplicates: true })
  await prisma.tag.update({ where: { name: 'c' }, data: { name: 'd' } })
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.deleteMany()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await prisma.$transaction((tx) => tx.tag.delete({ where: { name: 'd' } }))
}

async function expectTruth(registry: Registry, audited: Writes): Promise<void> {
  const names = { inserts: 'insert', updates: 'update', deletes: 'delete' } as const
  for (const [model, truth] of Object.entries(audited)) {
    const { rows } = await numbersOf(registry, model, 'default')
    for (const [name, action] of Object.entries(names)) {
      expect(rows[name] ?? 0, `${model} ${name}`).toBe(truth[action])
    }
  }
}

test('counts rows and transactions on PGlite', async () => {
  const database = await createPglite()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const prisma = new PrismaClient({ adapter: metrics.adapter(database.adapter()) }).$extends(
    metrics.extension,
  )
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database[Symbol.asyncDispose]()
  })

  await program(asClient(prisma))

  const audited = await database.audit()
  expect(audited['Tag']).toEqual({ insert: 3, update: 1, delete: 1 })
  await expectTruth(registry, audited)
  // One process and one connection: there is no pool.
  expect(await registry.metrics()).not.toContain('prisma_pool_connections{')
})

test('watches a pool of pg that the application passes, and restores it at the end', async () => {
  const database = await createDatabase()
  const pool = new Pool({ connectionString: database.url, max: 3 })
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const prisma = new PrismaClient({
    adapter: metrics.adapter(new PrismaPg(pool)),
  }).$extends(metrics.extension)
  onTestFinished(async () => {
    await pool.end()
    await database.drop()
  })

  await program(asClient(prisma))
  await expectTruth(registry, await database.audit())
  expect(await registry.metrics()).toContain('prisma_pool_connections_max{client="default"} 3')

  const acquired = async (): Promise<string | undefined> =>
    /acquire_duration_seconds_count\{[^}]*"ok"\} (\d+)/.exec(await registry.metrics())?.[1]
  await prisma.$disconnect()
  const atTheEnd = await acquired()
  // The pool is still its owner's, who goes on with it.
  await pool.query('SELECT 1')
  expect(await acquired()).toBe(atTheEnd)
  expect(await registry.metrics()).toContain(
    'prisma_pool_connections{client="default",state="idle"} 0',
  )
})

test('distinguishes two models with the same table name in two schemas', async () => {
  const database = await createDatabase('multi_schema')
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const prisma = new TicketsClient({
    adapter: metrics.adapter(new PrismaPg({ connectionString: database.url })),
  }).$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })

  await prisma.salesTicket.create({ data: { title: 'a', lines: { create: { amount: 1 } } } })
  await prisma.salesTicket.create({ data: { title: 'b' } })
  await prisma.supportTicket.create({ data: { title: 'c' } })
  await prisma.supportTicket.deleteMany()

  const rowsOf = async (model: string): Promise<unknown> =>
    (await numbersOf(registry, model, 'default')).rows
  expect(await rowsOf('SalesTicket')).toEqual({ inserts: 2 })
  expect(await rowsOf('SalesLine')).toEqual({ inserts: 1 })
  expect(await rowsOf('SupportTicket')).toEqual({ inserts: 1, deletes: 1 })
})
