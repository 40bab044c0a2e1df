import { describe, expect, test } from 'vitest'
import { snapshot } from '../../../src/testing/index.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import { createSubject, hasSqlite, type Subject } from './database.ts'
import { runProgram } from './program.ts'

const models: Readonly<Record<string, string>> = { app_user: 'User' }

/** Expects the row counters to equal the triggers, table by table. */
async function expectCounted({ registry, audit }: Subject, when: string): Promise<void> {
  const now = await snapshot(registry)
  for (const [table, truth] of Object.entries(audit())) {
    const model = models[table] ?? table
    const of = (metric: string): number => now.value(metric, { model })
    const insert = of('prisma_model_inserts_total')
    const upsert = of('prisma_model_upserts_total')
    // An upsert has inserted or updated.
    const inserted = Math.min(Math.max(truth.insert - insert, 0), upsert)
    const counted = {
      insert: insert + inserted,
      update: of('prisma_model_updates_total') + upsert - inserted,
      delete: of('prisma_model_deletes_total'),
    }
    expect({ [model]: counted }, when).toEqual({ [model]: truth })
  }
  expect(now.value('prisma_unknown_rows_total'), when).toBe(0)
}

describe.runIf(hasSqlite)('Prisma 8 on SQLite', () => {
  test.for(truthSeeds(1, 2, 3, 4, 5, 6, 7, 8))(
    'counts the rows that the triggers saw (TRUTH_SEED=%i)',
    { timeout: 60_000 },
    async (seed) => {
      const subject = await createSubject()
      const { db, registry, errors } = subject
      const { calls, failures } = await runProgram(db, seed, 400, (step) =>
        expectCounted(subject, `after ${step}; rerun with TRUTH_SEED=${seed}`),
      )
      expect(calls).toBeGreaterThanOrEqual(400)
      expect([...failures.keys()]).toEqual(expect.arrayContaining(['23505', 'given up']))
      const now = await snapshot(registry)
      expect(now.value('prisma_rolled_back_rows_total')).toBeGreaterThan(20)
      expect(now.value('prisma_transactions_in_flight')).toBe(0)
      expect(now.value('prisma_operations_in_flight')).toBe(0)
      expect(errors).toEqual([])
    },
  )

  test('calls handlers after the commit, and never for work that was rolled back', async () => {
    const { db, metrics } = await createSubject()
    const names: string[] = []
    metrics.on('Tag', 'create', ({ args: [{ name }] }) => names.push(name))
    await db.orm.Tag.create({ name: 'alone' })
    await db.transaction(async (tx) => {
      await tx.orm.Tag.create({ name: 'committed' })
      expect(names).toEqual(['alone'])
    })
    const undone = db.transaction(async (tx) => {
      await tx.orm.Tag.create({ name: 'undone' })
      throw new Error('undo')
    })
    await expect(undone).rejects.toThrow('undo')
    await db.transaction(async (tx) => {
      await tx.orm.Tag.create({ name: 'kept' })
      // Unlike Postgres, SQLite commits what came before an error.
      await expect(tx.orm.Tag.create({ name: 'kept' })).rejects.toMatchObject({ sqlState: '23505' })
    })
    expect(names).toEqual(['alone', 'committed', 'kept'])
  })

  test('reports a locked database as a connection error', async () => {
    const { db, beside, registry } = await createSubject()
    const timeout = db.raw.sql`PRAGMA busy_timeout = 1`.returnsRow({ timeout: 'sqlite/integer@1' })
    await db.runtime().query(timeout.build()).toArray()
    beside.exec('BEGIN IMMEDIATE')
    await expect(db.orm.Tag.create({ name: 'a' })).rejects.toMatchObject({ kind: 'sql_connection' })
    beside.exec('ROLLBACK')
    await db.orm.Tag.create({ name: 'a' })
    const now = await snapshot(registry)
    const model = 'Tag'
    expect(now.value('prisma_operation_errors_total', { model, code: 'connection' })).toBe(1)
    expect(now.value('prisma_statement_errors_total', { kind: 'SocketTimeout' })).toBe(1)
    expect(now.value('prisma_model_inserts_total', { model })).toBe(1)
    expect(now.value('prisma_client_info', { provider: 'sqlite', row_source: 'statements' })).toBe(
      1,
    )
  })
})
