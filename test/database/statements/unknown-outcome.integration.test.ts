import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { Registry } from 'prom-client'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Prisma, PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { PrismaClient as MariadbClient } from '../../fixtures/mariadb/generated/client.ts'
import { obstacleToMariadb, startMariadb } from '../../prisma/databases/mariadb.ts'
import { sqlite } from '../../prisma/databases/runnable.ts'
import { type CommitProxy, type Cut, startCommitProxy } from '../../support/commit-proxy.ts'
import { createDatabase, type Writes } from '../../support/database/database.ts'
import { asClient } from '../../support/as-client.ts'

/** A database whose client reaches it through a proxy. */
interface Cuttable {
  readonly proxy: CommitProxy
  readonly client: (adapter: SqlDriverAdapterFactory) => PrismaClient
  readonly adapter: SqlDriverAdapterFactory
  audit(): Promise<Writes>
}

async function cuttablePostgres(): Promise<Cuttable> {
  const database = await createDatabase()
  const url = new URL(database.url)
  const proxy = await startCommitProxy({ host: url.hostname, port: Number(url.port) })
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]()
    await database.drop()
  })
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  return {
    proxy,
    adapter: new PrismaPg({ connectionString: url.href, max: 2 }),
    client: (adapter) => new PrismaClient({ adapter }),
    audit: () => database.audit(),
  }
}

const mariadb = (await obstacleToMariadb()) === undefined ? await startMariadb() : undefined
afterAll(() => mariadb?.[Symbol.asyncDispose]())

async function cuttableMariadb(): Promise<Cuttable> {
  if (mariadb === undefined) throw new Error('expected a MariaDB')
  const database = await mariadb.createDatabase()
  const { config } = database
  const proxy = await startCommitProxy({ host: config.host ?? '', port: config.port ?? 0 })
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })
  const proxied = { ...config, host: '127.0.0.1', port: proxy.port, connectionLimit: 2 }
  return {
    proxy,
    adapter: new PrismaMariaDb(proxied),
    client: (adapter) => asClient(new MariadbClient({ adapter })),
    audit: () => database.audit(),
  }
}

describe.each([
  ['Postgres', true, cuttablePostgres],
  ['MariaDB', mariadb !== undefined, cuttableMariadb],
] as const)('%s', (_name, runs, create) => {
  test.runIf(runs)('counts the rows of a COMMIT without an answer as unknown', async () => {
    const { proxy, adapter, client, audit } = await create()
    const registry = new Registry()
    const metrics = prismaMetrics<Prisma.TypeMap>({ registry })
    const prisma = client(metrics.adapter(adapter)).$extends(metrics.extension)
    const effects: string[] = []
    metrics.on('Tag', 'create', ({ result }) => effects.push(String(result.name)))

    const cuts: readonly Cut[] = [undefined, 'unanswered', 'lost', undefined, 'unanswered']
    const rejected: boolean[] = []
    for (const [index, cut] of cuts.entries()) {
      const transaction = prisma.$transaction(async (tx) => {
        await tx.tag.create({ data: { name: `tag-${index}` } })
        await tx.jobRun.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
        await tx.jobRun.updateMany({ data: { name: 'c' } })
        metrics.afterCommit(() => effects.push(`after ${index}`))
        proxy.cut = cut
      })
      rejected.push(
        await transaction.then(
          () => false,
          () => true,
        ),
      )
    }
    expect(rejected).toEqual([false, true, true, false, true])
    // An operation that Prisma makes a transaction of.
    proxy.cut = 'unanswered'
    await expect(
      prisma.workspace.create({
        data: { slug: 'a', name: 'a', alerts: { create: { title: 'a' } } },
      }),
    ).rejects.toThrow()

    await expect
      .poll(async () => (await snapshot(registry)).value('prisma_transactions_in_flight'))
      .toBe(0)
    const now = await snapshot(registry)
    const count = (outcome: string): number =>
      now.value('prisma_transaction_duration_seconds_count', { outcome })
    expect([count('commit'), count('unknown'), count('rollback')]).toEqual([2, 4, 0])
    expect(now.value('prisma_rolled_back_rows_total')).toBe(0)
    const { Tag, job_runs: JobRun, Workspace, Alert } = await audit()
    for (const [model, written] of Object.entries({ Tag, JobRun, Workspace, Alert })) {
      for (const action of ['insert', 'update'] as const) {
        const committed = now.value(`prisma_model_${action}s_total`, { model })
        const unknown = now.value('prisma_unknown_rows_total', { model, action })
        const seen = written?.[action] ?? -1
        expect(seen, `${model} ${action}`).toBeGreaterThanOrEqual(committed)
        expect(seen, `${model} ${action}`).toBeLessThanOrEqual(committed + unknown)
      }
    }
    expect(now.value('prisma_unknown_rows_total', { model: 'Tag', action: 'insert' })).toBe(3)
    expect(Tag?.insert).toBe(4)
    await sleep(20)
    expect(effects).toEqual(['tag-0', 'after 0', 'tag-3', 'after 3'])
    await prisma.$disconnect()
  })
})

test('counts the rows of a COMMIT that Postgres refuses as rolled back', async () => {
  const database = await createDatabase()
  await database.query(
    'ALTER TABLE "Alert" ALTER CONSTRAINT "Alert_workspaceId_fkey" DEFERRABLE INITIALLY DEFERRED',
  )
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: database.url }))
  const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })
  const dangling = { title: 'a', workspaceId: 4711 }
  await expect(prisma.$transaction((tx) => tx.alert.create({ data: dangling }))).rejects.toThrow()
  // Nothing of the transaction is left: a statement that follows in it commits at once.
  await prisma.$transaction(async (tx) => {
    await tx.alert.create({ data: dangling })
    await expect(tx.$executeRaw`COMMIT`).rejects.toThrow()
    await tx.tag.create({ data: { name: 'after the COMMIT' } })
  })
  const now = await snapshot(registry)
  expect(now.value('prisma_rolled_back_rows_total', { model: 'Alert' })).toBe(2)
  expect(now.value('prisma_unknown_rows_total')).toBe(0)
  expect((await database.audit())['Tag']?.insert).toBe(1)
  expect(now.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(1)
})

test('counts the rows of a COMMIT that SQLite refuses as rolled back', async () => {
  await using database = await sqlite.create()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const prisma = sqlite
    .connect({ adapter: metrics.adapter(database.adapter()) })
    .$extends(metrics.extension)
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`PRAGMA defer_foreign_keys = ON`
      await tx.alert.create({ data: { title: 'a', workspaceId: 4711 } })
    }),
  ).rejects.toThrow()
  const now = await snapshot(registry)
  expect((await database.audit())['Alert']?.insert).toBe(0)
  expect(now.value('prisma_rolled_back_rows_total', { model: 'Alert' })).toBe(1)
  expect(now.value('prisma_unknown_rows_total')).toBe(0)
  await prisma.$disconnect()
})

test('counts the rows of a COMMIT without an answer as unknown when its adapter is disposed', async () => {
  await using database = await sqlite.create()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const factory = database.adapter()
  const connect = factory.connect.bind(factory)
  factory.connect = async () => {
    const connected = await connect()
    const start = connected.startTransaction.bind(connected)
    connected.startTransaction = async (...args) => {
      const transaction = await start(...args)
      const commit = transaction.commit.bind(transaction)
      transaction.commit = async () => {
        await commit()
        return new Promise(() => {})
      }
      return transaction
    }
    return connected
  }
  const adapter = await metrics.adapter(factory).connect()
  const insert = async (name: string) => {
    const transaction = await adapter.startTransaction()
    const sql = `INSERT INTO "Tag" (name) VALUES ('${name}')`
    await transaction.executeRaw({ sql, args: [], argTypes: [] })
    return transaction
  }
  void (await insert('unknown')).commit()
  await insert('rolled back')
  await adapter.dispose()

  const now = await snapshot(registry)
  expect(now.value('prisma_unknown_rows_total', { model: 'Tag', action: 'insert' })).toBe(1)
  expect(now.value('prisma_rolled_back_rows_total', { model: 'Tag', action: 'insert' })).toBe(1)
  expect(now.value('prisma_transactions_in_flight')).toBe(0)
})
