import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import type { AuditedDatabase } from './audited.ts'
import { betterSqlite3, createPrivateMemory, inTurn } from './better-sqlite3.ts'
import { adversities, checkTruth } from './check-truth.ts'
import { sqliteDialect } from './dialects.ts'
import { startRival } from './rival.ts'
import { type RunnableDatabase, sqlite } from './runnable.ts'
import { createSharedMemory, createSqlite, type SqliteDriver } from './sqlite.ts'

// libSQL on a file stands beside the other databases.
const kinds: RunnableDatabase[] = [
  { ...sqlite, name: 'libSQL, in memory', create: createSharedMemory },
]
if (betterSqlite3 !== undefined) {
  const { adapter } = betterSqlite3
  const driver: SqliteDriver = {
    ...betterSqlite3,
    adapter: (url, timeout) => inTurn(adapter(url, timeout)),
  }
  kinds.push(
    { ...sqlite, name: 'better-sqlite3, on disk', create: () => createSqlite({ driver }) },
    {
      ...sqlite,
      name: 'better-sqlite3, on disk, with a rival',
      create: () => createContended(driver),
    },
    {
      ...sqlite,
      name: 'better-sqlite3, in memory',
      create: async () => createPrivateMemory(driver.adapter(':memory:', 2000)),
    },
  )
}

/** A file that another process locks again and again, for longer than a statement waits. */
async function createContended(driver: SqliteDriver): Promise<AuditedDatabase> {
  const database = await createSqlite({ driver, timeout: 10 })
  const rival = await startRival(database.url)
  const end = new AbortController()
  const rivalry = (async () => {
    while (!end.signal.aborted) {
      await rival.execute('BEGIN IMMEDIATE')
      await sleep(30)
      await rival.execute('ROLLBACK')
      await sleep(60)
    }
  })()
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      end.abort()
      await rivalry
      await rival[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

describe.each(kinds)('$name', (kind) => {
  // A database in memory goes with its connections.
  const dialect = { ...sqliteDialect, answersAtDisconnect: !kind.name.endsWith('in memory') }
  test.each(truthSeeds(1))(
    'counts the rows that triggers saw (seed %i)',
    { timeout: 300_000 },
    async (seed) => {
      const run = await checkTruth(kind, dialect, 'full', seed)
      expect([...run.failures]).toEqual(expect.arrayContaining(adversities))
      expect([...run.failures].join()).toMatch(kind.name.endsWith('rival') ? /P1008/ : /P2028/)
    },
  )
})

test.runIf(betterSqlite3)(
  'better-sqlite3: counts writes of the outer client as rolled back with the transaction that they join',
  async () => {
    await using database = await createSqlite({ driver: betterSqlite3 as SqliteDriver })
    const registry = new Registry()
    const metrics = prismaMetrics({ registry })
    const client = sqlite.connect({ adapter: metrics.adapter(database.adapter()) })
    const prisma = client.$extends(metrics.extension)
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.create({ data: { name: 'inside' } })
        await prisma.tag.create({ data: { name: 'beside' } })
        throw new Error('no')
      }),
    ).rejects.toThrow('no')

    expect(await database.audit()).toMatchObject({ Tag: { insert: 0 } })
    const now = await snapshot(registry)
    expect(now.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(1)
    expect(now.value('prisma_rolled_back_rows_total', { model: 'Tag' })).toBe(1)
    await prisma.$disconnect()
  },
)
