import { Registry } from 'prom-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { PrismaClient } from '../../fixtures/sqlite/generated/client.ts'
import { betterSqlite3 } from './better-sqlite3.ts'
import { type Rival, startRival } from './rival.ts'
import { createSqlite, libsql } from './sqlite.ts'

interface Scene {
  readonly prisma: PrismaClient
  readonly rival: Rival
  /** Rows of `Tag`, as triggers noted them. */
  written(): Promise<number>
  /** What the metrics say. */
  look(): Promise<Sight>
}

interface Sight {
  readonly inserts: number
  readonly undone: number
  readonly ends: Readonly<Record<'commit' | 'rollback', number>>
  readonly errors: Readonly<Record<string, number>>
  readonly inFlight: number
}

const calm: Sight = {
  inserts: 0,
  undone: 0,
  ends: { commit: 0, rollback: 0 },
  errors: {},
  inFlight: 0,
}

/** A client and another process at one SQLite file, with little patience for its locks. */
async function meet(options: Parameters<typeof createSqlite>[0]): Promise<Scene> {
  const database = await createSqlite({ timeout: 20, ...options })
  const rival = await startRival(database.url)
  const registry = new Registry()
  // Its look at the database would meet the locks too.
  const metrics = prismaMetrics({ registry, migrations: false })
  const prisma = new PrismaClient({ adapter: metrics.adapter(database.adapter()) }).$extends(
    metrics.extension,
  )
  onTestFinished(async () => {
    await prisma.$disconnect()
    await rival[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })
  return {
    prisma: prisma as unknown as PrismaClient,
    rival,
    written: async () => (await database.audit())['Tag']?.insert ?? 0,
    async look() {
      const now = await snapshot(registry)
      const count = (name: string, labels = {}): number => now.value(name, labels)
      const kinds = ['SocketTimeout', 'GenericJs'].map((kind) => [
        kind,
        count('prisma_statement_errors_total', { kind }),
      ])
      return {
        inserts: count('prisma_model_inserts_total', { model: 'Tag' }),
        undone: count('prisma_rolled_back_rows_total', { model: 'Tag' }),
        ends: {
          commit: count('prisma_transaction_duration_seconds_count', { outcome: 'commit' }),
          rollback: count('prisma_transaction_duration_seconds_count', { outcome: 'rollback' }),
        },
        errors: Object.fromEntries(kinds.filter(([, value]) => value !== 0)),
        inFlight: count('prisma_operations_in_flight') + count('prisma_transactions_in_flight'),
      }
    },
  }
}

const drivers = betterSqlite3 === undefined ? [libsql] : [libsql, betterSqlite3]

// SQLITE_BUSY is P1008 to the caller, and a SocketTimeout to the adapters.
const busy = { code: 'P1008' }

describe.each(drivers)('SQLite through $name, locked by another process', (driver) => {
  test('counts a write without a transaction', async () => {
    const { prisma, rival, written, look } = await meet({ driver })
    await rival.execute('BEGIN IMMEDIATE')
    await expect(prisma.tag.create({ data: { name: 'late' } })).rejects.toMatchObject(busy)
    // Readers do not wait for the writer.
    expect(await prisma.tag.count()).toBe(0)
    expect(await look()).toEqual({ ...calm, errors: { SocketTimeout: 1 } })

    await rival.execute('ROLLBACK')
    // libSQL's driver leaves the refused statement open, and undoes with it what its connection has
    // written meanwhile: https://github.com/tursodatabase/libsql-client-ts/issues/352
    if (driver === libsql) await prisma.$disconnect()
    await prisma.tag.create({ data: { name: 'late' } })
    expect(await written()).toBe(1)
    expect(await look()).toEqual({ ...calm, inserts: 1, errors: { SocketTimeout: 1 } })
  })

  test('counts transactions', async () => {
    const { prisma, rival, written, look } = await meet({ driver })
    const create = (name: string) => prisma.tag.create({ data: { name } })
    await rival.execute('BEGIN IMMEDIATE')
    await expect(prisma.$transaction([create('a'), create('b')])).rejects.toMatchObject(busy)
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.count()
        await tx.tag.create({ data: { name: 'c' } })
      }),
    ).rejects.toMatchObject(busy)
    const errors = { SocketTimeout: 2 }
    expect(await look()).toEqual({ ...calm, ends: { commit: 0, rollback: 2 }, errors })

    await rival.execute('ROLLBACK')
    await prisma.$transaction([create('a'), create('b')])
    const ends = { commit: 1, rollback: 2 }
    expect(await written()).toBe(2)
    expect(await look()).toEqual({ ...calm, inserts: 2, ends, errors })
  })

  test('counts a transaction whose read rows the other process has changed', async () => {
    const { prisma, rival, written, look } = await meet({ driver })
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.count()
        await rival.execute('PRAGMA user_version = 1')
        // Refused at once: waiting would not bring its snapshot up to date.
        await tx.tag.create({ data: { name: 'stale' } })
      }),
    ).rejects.toMatchObject(busy)
    const errors = { SocketTimeout: 1 }
    const ends = { commit: 0, rollback: 1 }
    expect(await look()).toEqual({ ...calm, ends, errors })

    await prisma.tag.create({ data: { name: 'fresh' } })
    expect(await written()).toBe(1)
    expect(await look()).toEqual({ ...calm, inserts: 1, ends, errors })
  })

  test('counts a COMMIT that waits for readers without a write-ahead log', async () => {
    const { prisma, rival, written, look } = await meet({ driver, journal: 'delete' })
    await rival.execute('BEGIN')
    await rival.execute('SELECT * FROM Tag')
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.create({ data: { name: 'undone' } })
      }),
    ).rejects.toThrow(/SQLITE_BUSY|SocketTimeout/)
    await rival.execute('ROLLBACK')
    const refused = {
      inserts: 0,
      undone: 1,
      ends: { commit: 0, rollback: 1 },
      // libSQL's adapter lets its driver's error through as it is.
      errors: { [driver === libsql ? 'GenericJs' : 'SocketTimeout']: 1 },
      inFlight: 0,
    }
    expect(await look()).toEqual(refused)

    // Nobody sends a ROLLBACK after it. The end of the connection undoes the rows, and libSQL's
    // adapter has lost sight of the one that holds the lock.
    if (driver === libsql) return
    await prisma.$disconnect()
    await prisma.tag.create({ data: { name: 'done' } })
    expect(await written()).toBe(1)
    expect(await look()).toEqual({ ...refused, inserts: 1 })
  })
})
