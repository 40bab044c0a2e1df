import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqliteClient } from '@prisma/orm-sqlite/runtime'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { prismaMetrics, type PrismaMetrics, type TypeMap } from '../../../src/prisma-8.ts'
import type { Contract } from '../../fixtures/prisma-8-sqlite/contract.d.ts'
import contractJson from '../../fixtures/prisma-8-sqlite/contract.json' with { type: 'json' }

export type Db = SqliteClient<Contract>

/** The part of `DatabaseSync` that the tests use. */
interface Connection {
  exec(sql: string): void
  prepare(sql: string): { all(): unknown[] }
  close(): void
}

// Not imported: Node 20 lacks the module.
const builtin = process.getBuiltinModule('node:sqlite') as
  | { readonly DatabaseSync: new (path: string) => Connection }
  | undefined

export const hasSqlite = builtin !== undefined

const fixture = fileURLToPath(new URL('../../fixtures/prisma-8-sqlite', import.meta.url))
const tables = ['app_user', 'Profile', 'Post', 'Tag', 'Note'] as const
const actions = ['insert', 'update', 'delete'] as const

export type Writes = Record<string, Record<(typeof actions)[number], number>>

export interface Subject {
  readonly db: Db
  readonly path: string
  readonly metrics: PrismaMetrics<TypeMap<Db>>
  readonly registry: Registry
  readonly errors: unknown[]
  /** A connection of the test's own. */
  readonly beside: Connection
  /** Committed rows by table and action, as triggers saw them. */
  audit(): Writes
}

/** An instrumented client of Prisma 8 on a file of its own, whose tables are audited by triggers. */
export async function createSubject(): Promise<Subject> {
  if (builtin === undefined) throw new Error('expected a Node with node:sqlite')
  const { default: sqlite } = await import('@prisma/orm-sqlite/runtime')
  const folder = await mkdtemp(join(tmpdir(), 'prisma-8-sqlite-'))
  const path = join(folder, 'test.db')
  const beside = new builtin.DatabaseSync(path)
  beside.exec(await readFile(join(fixture, 'schema.sql'), 'utf8'))
  beside.exec('CREATE TABLE written ("table" TEXT, action TEXT)')
  for (const table of tables)
    for (const action of actions)
      beside.exec(
        `CREATE TRIGGER "${table}_${action}" AFTER ${action} ON "${table}"
         BEGIN INSERT INTO written VALUES ('${table}', '${action}'); END`,
      )
  const registry = new Registry()
  const errors: unknown[] = []
  const onError = (error: unknown): unknown => errors.push(error)
  const metrics = prismaMetrics<TypeMap<Db>>({ registry, onError })
  const db = metrics.instrument(
    sqlite<Contract>({ contractJson, path, middleware: [metrics.middleware] }),
  )
  onTestFinished(async () => {
    await db.close()
    beside.close()
    await rm(folder, { recursive: true })
  })
  const written = beside.prepare(
    'SELECT "table", action, count(*) AS rows FROM written GROUP BY 1, 2',
  )
  return {
    db,
    path,
    metrics,
    registry,
    errors,
    beside,
    audit() {
      const writes: Writes = {}
      for (const table of tables) writes[table] = { insert: 0, update: 0, delete: 0 }
      for (const { table, action, rows } of written.all() as {
        table: string
        action: 'insert'
        rows: number
      }[])
        (writes[table] ??= { insert: 0, update: 0, delete: 0 })[action] = rows
      return writes
    },
  }
}
