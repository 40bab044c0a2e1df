import { Registry } from 'prom-client'
import { afterAll, describe, expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { numbersOf } from '../neighbours/observed.ts'
import { runnableDatabases, stopMariadb } from './runnable.ts'

afterAll(stopMariadb)

interface RawWrite {
  readonly through: '$executeRaw' | '$queryRaw'
  readonly sql: string
  /** The counters of the table, with the row that is created first. */
  readonly counted: Record<string, number>
  /** What triggers saw. */
  readonly truth: { readonly insert: number; readonly update: number; readonly delete: number }
  /** The error where the adapter does not understand the answer. */
  readonly code?: string
}

/** Where a database's answer is not the truth: what the page on compatibility says of raw SQL. */
const writes: Record<string, readonly RawWrite[]> = {
  Postgres: [
    {
      through: '$queryRaw',
      sql: `INSERT INTO "Tag" (name) VALUES ('b') RETURNING ctid`,
      counted: { inserts: 1 },
      truth: { insert: 2, update: 0, delete: 0 },
      code: 'P2010',
    },
    {
      through: '$queryRaw',
      sql: `INSERT INTO "Tag" (name) VALUES ('b'), ('c')`,
      counted: { inserts: 1 },
      truth: { insert: 3, update: 0, delete: 0 },
    },
  ],
  MariaDB: [
    {
      through: '$executeRaw',
      sql: `INSERT INTO Tag (id, name) VALUES (1, 'b') ON DUPLICATE KEY UPDATE name = 'b'`,
      counted: { inserts: 1, upserts: 2 },
      truth: { insert: 1, update: 1, delete: 0 },
    },
    {
      through: '$queryRaw',
      sql: `INSERT IGNORE INTO Tag (name) VALUES ('a')`,
      counted: { inserts: 2 },
      truth: { insert: 1, update: 0, delete: 0 },
    },
    {
      through: '$executeRaw',
      sql: 'DELETE FROM Tag RETURNING id',
      counted: { inserts: 1 },
      truth: { insert: 1, update: 0, delete: 1 },
    },
  ],
  SQLite: [
    {
      through: '$executeRaw',
      sql: `UPDATE "Tag" SET name = 'b' RETURNING id`,
      counted: { inserts: 1 },
      truth: { insert: 1, update: 1, delete: 0 },
    },
  ],
}

describe.each(await runnableDatabases())('$name', (kind) => {
  test.each(writes[kind.name] ?? [])('$through of $sql', async (write) => {
    await using database = await kind.create()
    const registry = new Registry()
    const metrics = prismaMetrics({ registry })
    const client = kind.connect({ adapter: metrics.adapter(database.adapter()) })
    const prisma = client.$extends(metrics.extension)
    await prisma.tag.create({ data: { name: 'a' } })
    const error: unknown = await prisma[`${write.through}Unsafe`](write.sql).then(
      () => undefined,
      (refused: unknown) => refused,
    )
    await prisma.$disconnect()

    expect((error as { readonly code?: string } | undefined)?.code).toBe(write.code)
    expect((await numbersOf(registry, 'Tag', 'default')).rows).toEqual(write.counted)
    expect((await database.audit())['Tag']).toEqual(write.truth)
  })
})
