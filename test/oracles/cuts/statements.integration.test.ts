import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { asClient } from '../../support/as-client.ts'
import { createDatabase } from '../../support/database/database.ts'
import { type Kind, kinds } from './kinds.ts'
import { startMessageProxy } from './message-proxy.ts'

const notInTransaction: Kind = { name: 'find', run: (prisma) => prisma.tag.findMany() }

/** The statements that a client sends to Postgres for each kind of operation. */
async function statements(decideUnknown: boolean): Promise<Record<string, number>> {
  const database = await createDatabase()
  const url = new URL(database.url)
  const proxy = await startMessageProxy({ host: url.hostname, port: Number(url.port) })
  const metrics = prismaMetrics({ registry: new Registry(), decideUnknown, migrations: false })
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const factory = new PrismaPg({ connectionString: url.href, max: 1 })
  const prisma = asClient(
    new PrismaClient({ adapter: metrics.adapter(factory) }).$extends(metrics.extension),
  )
  onTestFinished(async () => {
    await prisma.$disconnect()
    await proxy[Symbol.asyncDispose]()
    await database.drop()
  })
  const sent: Record<string, number> = {}
  await prisma.$queryRaw`SELECT 1`
  for (const kind of [...kinds, notInTransaction]) {
    proxy.watch()
    await kind.run(prisma, kind.name)
    // Q: a simple query; E: the execution of a prepared one.
    sent[kind.name] = proxy.seen.client.filter((type) => type === 'Q' || type === 'E').length
  }
  return sent
}

test(
  'sends one more statement per transaction with decideUnknown, and none outside',
  { timeout: 180_000 },
  async () => {
    const [without, decided] = [await statements(false), await statements(true)]
    const more = Object.entries(decided).map(([name, count]) => [
      name,
      count - (without[name] ?? 0),
    ])
    expect(Object.fromEntries(more)).toEqual({
      create: 0,
      find: 0,
      'nested create': 1,
      array: 1,
      interactive: 1,
      savepoint: 1,
      // Its own COMMIT, and the one that Prisma sends.
      'COMMIT in raw SQL': 2,
    })
  },
)
