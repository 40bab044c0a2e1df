import { expect, test } from 'vitest'
import { snapshot } from '../../../src/testing/index.ts'
import type { Client } from '../../truth/operation.ts'
import { createSubject, instrumentedClient } from '../subject.ts'

interface Books {
  readonly inserted: number
  readonly rolledBack: number
  readonly outcome: 'commit' | 'rollback'
  readonly savepoints?: { readonly released?: number; readonly rolled_back?: number }
}

/** Adds tags to the table, in a transaction: that is what is counted. */
type Work = (tx: Client, add: (...names: string[]) => Promise<unknown>) => Promise<unknown>

const cases: readonly (readonly [what: string, work: Work, books: Books])[] = [
  [
    'what resolves is committed',
    async (_tx, add) => add('a', 'b'),
    { inserted: 2, rolledBack: 0, outcome: 'commit' },
  ],
  [
    'what throws is rolled back',
    async (_tx, add) => {
      await add('a', 'b')
      throw new Error('no')
    },
    { inserted: 0, rolledBack: 2, outcome: 'rollback' },
  ],
  [
    'what resolves after an error of the server is rolled back: a COMMIT is answered with ROLLBACK',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`SELECT 1/0`.catch(() => undefined)
    },
    { inserted: 0, rolledBack: 1, outcome: 'rollback' },
  ],
  [
    'an error that is not the server’s changes nothing',
    async (tx, add) => {
      await add('a')
      // The adapter refuses what the server answers.
      await expect(tx.$queryRaw`SELECT '(1,2)'::point`).rejects.toThrow('point')
      await tx.tag.create({ data: {} as never }).catch(() => undefined)
      await tx.tag.delete({ where: { name: 'none' } }).catch(() => undefined)
    },
    { inserted: 1, rolledBack: 0, outcome: 'commit' },
  ],
  [
    'a nested transaction that throws takes its rows along',
    async (tx, add) => {
      await add('a')
      await tx
        .$transaction(async (inner) => {
          await inner.tag.create({ data: { name: 'b' } })
          throw new Error('no')
        })
        .catch(() => undefined)
      await tx.$transaction((inner) => inner.tag.create({ data: { name: 'c' } }))
    },
    {
      inserted: 2,
      rolledBack: 1,
      outcome: 'commit',
      savepoints: { released: 1, rolled_back: 1 },
    },
  ],
  [
    'savepoints of its own, one rolled back to twice',
    async (tx, add) => {
      await tx.$executeRaw`SAVEPOINT outer_one`
      await add('a')
      await tx.$executeRaw`SAVEPOINT "Inner"`
      await add('b')
      await tx.$executeRaw`ROLLBACK TO "Inner"`
      await add('c', 'd')
      await tx.$executeRaw`ROLLBACK TO SAVEPOINT "Inner"`
      await add('e')
      await tx.$executeRaw`RELEASE OUTER_ONE`
    },
    {
      inserted: 2,
      rolledBack: 3,
      outcome: 'commit',
      savepoints: { released: 1, rolled_back: 1 },
    },
  ],
  [
    'a savepoint saves a transaction from an error',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`SAVEPOINT s`
      await add('b')
      await tx.$executeRaw`SELECT 1/0`.catch(() => undefined)
      await tx.$executeRaw`ROLLBACK TO s`
      await add('c')
    },
    { inserted: 2, rolledBack: 1, outcome: 'commit', savepoints: { rolled_back: 1 } },
  ],
  [
    'a COMMIT of its own: what follows is committed as it comes, whatever the end',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`COMMIT`
      await add('b')
      throw new Error('no')
    },
    { inserted: 2, rolledBack: 0, outcome: 'commit' },
  ],
  [
    'a ROLLBACK of its own: likewise',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`ROLLBACK /* for now */;`
      await add('b')
    },
    { inserted: 1, rolledBack: 1, outcome: 'rollback' },
  ],
  [
    'a COMMIT that chains: what follows waits for the next end',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`COMMIT AND CHAIN`
      await add('b')
      throw new Error('no')
    },
    { inserted: 1, rolledBack: 1, outcome: 'rollback' },
  ],
  [
    'a COMMIT and a BEGIN of its own: likewise',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`COMMIT`
      await tx.$executeRaw`BEGIN ISOLATION LEVEL SERIALIZABLE`
      await add('b')
      throw new Error('no')
    },
    { inserted: 1, rolledBack: 1, outcome: 'rollback' },
  ],
  [
    'a COMMIT that the server refuses',
    async (tx, add) => {
      await add('a')
      await tx.$executeRaw`SET CONSTRAINTS ALL DEFERRED`
      await tx.$executeRaw`INSERT INTO later VALUES (7)`
    },
    { inserted: 0, rolledBack: 1, outcome: 'rollback' },
  ],
]

test.each(cases)('%s', async (_what, work, { inserted, rolledBack, outcome, savepoints }) => {
  const subject = await createSubject()
  const prisma = instrumentedClient(subject)
  await subject.database.query(
    'CREATE TABLE later (tag int REFERENCES "Tag" (id) DEFERRABLE INITIALLY IMMEDIATE)',
  )
  await prisma
    .$transaction((tx) =>
      work(tx, (...names) => tx.tag.createMany({ data: names.map((name) => ({ name })) })),
    )
    .catch(() => undefined)

  const now = await snapshot(subject.registry)
  const count = (name: string, labels = {}): number => now.value(name, labels)
  expect((await subject.database.audit())['Tag']?.insert).toBe(inserted)
  expect(count('prisma_model_inserts_total', { model: 'Tag' })).toBe(inserted)
  expect(count('prisma_rolled_back_rows_total', { model: 'Tag' })).toBe(rolledBack)
  expect(count('prisma_transaction_duration_seconds_count', { outcome })).toBe(1)
  expect(count('prisma_transaction_duration_seconds_count')).toBe(1)
  expect(count('prisma_transactions_in_flight')).toBe(0)
  for (const end of ['released', 'rolled_back'] as const) {
    expect(count('prisma_savepoints_total', { outcome: end })).toBe(savepoints?.[end] ?? 0)
  }
  expect(subject.faults).toEqual([])
})
