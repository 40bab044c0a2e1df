import { setTimeout as sleep } from 'node:timers/promises'
import type { Provider, SqlDriverAdapter, Transaction } from '@prisma/driver-adapter-utils'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { DriverAdapterError, type ScriptedAdapter, scriptedAdapter } from './scripted-adapter.ts'

const insert = 'INSERT INTO "Tag" VALUES ($1)'
const update = 'UPDATE "Tag" SET "name" = $1'
const query = (sql: string) => ({ sql, args: [], argTypes: [] })

interface Subject {
  readonly script: ScriptedAdapter
  readonly adapter: SqlDriverAdapter
  readonly metrics: ReturnType<typeof prismaMetrics>
  readonly errors: unknown[]
  begin(): Promise<Transaction>
  /** Committed, rolled back and unknown rows, and transactions in flight. */
  rows(): Promise<[number, number, number, number]>
  value(name: string, labels?: Record<string, string>): Promise<number>
}

async function connect(
  provider: Provider = 'postgres',
  options: Parameters<typeof scriptedAdapter>[1] = {},
): Promise<Subject> {
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics({
    registry,
    migrations: false,
    eventLoopDelay: false,
    onError: (error) => errors.push(error),
  })
  const script = scriptedAdapter(provider, options)
  const adapter = await metrics.adapter(script.factory).connect()
  return {
    script,
    adapter,
    metrics,
    errors,
    begin: () => adapter.startTransaction(),
    async rows() {
      const now = await snapshot(registry)
      return [
        now.value('prisma_model_inserts_total') + now.value('prisma_model_updates_total'),
        now.value('prisma_rolled_back_rows_total'),
        now.value('prisma_unknown_rows_total'),
        now.value('prisma_transactions_in_flight'),
      ]
    },
    async value(name, labels) {
      return (await snapshot(registry)).value(name, labels)
    },
  }
}

/** Ends a promise whose rejection is part of the case. */
const settle = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {})

async function failing(
  subject: Subject,
  error: Error,
  call: () => Promise<unknown>,
): Promise<void> {
  subject.script.failure = error
  await expect(call()).rejects.toBe(error)
}

const lost = new Error('Connection terminated unexpectedly')

describe('a transaction', () => {
  test.each([
    ['commit', [2, 0, 0, 0]],
    ['rollback', [0, 2, 0, 0]],
  ] as const)('counts its rows at %s', async (end, rows) => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([0, 0, 0, 1])
    await transaction[end]()
    expect(await subject.rows()).toEqual(rows)
    const count = (outcome: string) =>
      subject.value('prisma_transaction_duration_seconds_count', { outcome })
    expect([await count('commit'), await count('rollback')]).toEqual(
      end === 'commit' ? [1, 0] : [0, 1],
    )
    await transaction[end]()
    expect([await count('commit'), await count('rollback')]).toEqual(
      end === 'commit' ? [1, 0] : [0, 1],
    )
    expect(await subject.rows()).toEqual(rows)
  })

  test('counts a COMMIT in SQL once, and rows after it at once', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await transaction.executeRaw(query('COMMIT'))
    expect(await subject.rows()).toEqual([2, 0, 0, 1])
    await sleep(2)
    await transaction.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([4, 0, 0, 1])
    await transaction.executeRaw(query('ROLLBACK'))
    await transaction.rollback()
    expect(await subject.rows()).toEqual([4, 0, 0, 0])
    expect(
      await subject.value('prisma_transaction_duration_seconds_count', { outcome: 'commit' }),
    ).toBe(1)
  })

  test('counts rows of a transaction that SQL begins again', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await transaction.executeRaw(query('COMMIT'))
    await sleep(2)
    await transaction.executeRaw(query('BEGIN'))
    await transaction.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([2, 0, 0, 1])
    await transaction.rollback()
    expect(await subject.rows()).toEqual([2, 2, 0, 0])
  })

  test('keeps rows pending after COMMIT AND CHAIN', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await transaction.executeRaw(query('COMMIT AND CHAIN'))
    await sleep(2)
    await transaction.executeRaw(query(update))
    expect(await subject.rows()).toEqual([2, 0, 0, 1])
    await transaction.executeRaw(query('ROLLBACK AND CHAIN'))
    expect(await subject.rows()).toEqual([2, 2, 0, 1])
    await transaction.executeRaw(query(insert))
    await transaction.commit()
    expect(await subject.rows()).toEqual([4, 2, 0, 0])
  })

  test('commits the rows so far at BEGIN on MySQL only', async () => {
    const count = async (provider: Provider): Promise<unknown> => {
      const subject = await connect(provider)
      const transaction = await subject.begin()
      await transaction.executeRaw(query('INSERT INTO Tag VALUES (?)'))
      await transaction.executeRaw(query('BEGIN'))
      await transaction.rollback()
      return subject.rows()
    }
    expect(await count('mysql')).toEqual([2, 0, 0, 0])
    expect(await count('postgres')).toEqual([0, 2, 0, 0])
  })

  test('counts rows of a statement sent before COMMIT that settles after it', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    const late = transaction.executeRaw(query(insert))
    await Promise.all([transaction.rollback(), late])
    expect(await subject.rows()).toEqual([0, 2, 0, 0])
    await sleep(2)
    await transaction.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([2, 2, 0, 0])
  })

  test('counts rows at once on a database without transactions', async () => {
    const subject = await connect('sqlite', { adapterName: '@prisma/adapter-d1' })
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([2, 0, 0, 1])
    await transaction.executeRaw(query('BEGIN'))
    await transaction.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([4, 0, 0, 1])
    await transaction.rollback()
    expect(await subject.rows()).toEqual([4, 0, 0, 0])
  })
})

describe('savepoints', () => {
  const kinds = {
    'as methods': {
      savepoint: (transaction: Transaction, name: string) => transaction.createSavepoint?.(name),
      release: (transaction: Transaction, name: string) => transaction.releaseSavepoint?.(name),
      rollbackTo: (transaction: Transaction, name: string) =>
        transaction.rollbackToSavepoint?.(name),
    },
    'in SQL': {
      savepoint: (transaction: Transaction, name: string) =>
        transaction.executeRaw(query(`SAVEPOINT ${name}`)),
      release: (transaction: Transaction, name: string) =>
        transaction.executeRaw(query(`RELEASE SAVEPOINT ${name}`)),
      rollbackTo: (transaction: Transaction, name: string) =>
        transaction.executeRaw(query(`ROLLBACK TO SAVEPOINT ${name}`)),
    },
  }
  test.each(Object.entries(kinds))('are followed %s', async (_, kind) => {
    const subject = await connect()
    const transaction = await subject.begin()
    await kind.savepoint(transaction, 'a')
    await transaction.executeRaw(query(insert))
    await kind.release(transaction, 'a')
    await kind.savepoint(transaction, 'b')
    await transaction.executeRaw(query(update))
    await kind.rollbackTo(transaction, 'b')
    expect(await subject.rows()).toEqual([0, 2, 0, 1])
    await transaction.commit()
    expect(await subject.rows()).toEqual([2, 2, 0, 0])
    const count = (outcome: string) => subject.value('prisma_savepoints_total', { outcome })
    expect([await count('released'), await count('rolled_back')]).toEqual([1, 1])
  })

  test.each(Object.entries(kinds))('end the failed state of a transaction %s', async (_, kind) => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await kind.savepoint(transaction, 'a')
    await failing(subject, new DriverAdapterError('22012'), () =>
      transaction.queryRaw(query(update)),
    )
    await kind.rollbackTo(transaction, 'a')
    await transaction.commit()
    expect(await subject.rows()).toEqual([2, 0, 0, 0])
  })

  test('abort their transaction if they fail as methods', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    const refused = new DriverAdapterError('3B001')
    await failing(subject, refused, async () => transaction.releaseSavepoint?.('missing'))
    await transaction.commit()
    expect(await subject.rows()).toEqual([0, 2, 0, 0])
    expect(await subject.value('prisma_statement_errors_total')).toBe(1)
  })
})

describe('a failed statement', () => {
  test('makes COMMIT a ROLLBACK on Postgres, also in SQL', async () => {
    for (const usePhantomQuery of [true, false]) {
      const subject = await connect('postgres', { usePhantomQuery })
      const transaction = await subject.begin()
      await transaction.executeRaw(query(insert))
      await failing(subject, new DriverAdapterError('23505'), () =>
        transaction.queryRaw(query(insert)),
      )
      if (!usePhantomQuery) await transaction.executeRaw(query('COMMIT'))
      await transaction.commit()
      expect(await subject.rows()).toEqual([0, 2, 0, 0])
    }
  })

  test('leaves the transaction open on MySQL, unless it is the victim of a deadlock', async () => {
    const subject = await connect('mysql')
    const first = await subject.begin()
    await first.executeRaw(query(insert))
    await failing(subject, new DriverAdapterError('1062', 'mysql'), () =>
      first.queryRaw(query(insert)),
    )
    await first.commit()
    expect(await subject.rows()).toEqual([2, 0, 0, 0])
    const second = await subject.begin()
    await second.executeRaw(query(insert))
    await failing(subject, new DriverAdapterError('1213', 'mysql'), () =>
      second.queryRaw(query(insert)),
    )
    expect(await subject.rows()).toEqual([2, 2, 0, 1])
    // The server has no transaction any more.
    await second.executeRaw(query(insert))
    expect(await subject.rows()).toEqual([4, 2, 0, 1])
    await second.commit()
    expect(await subject.rows()).toEqual([4, 2, 0, 0])
    const count = (outcome: string) =>
      subject.value('prisma_transaction_duration_seconds_count', { outcome })
    expect([await count('commit'), await count('rollback')]).toEqual([1, 1])
  })

  test('is timed and counted, outside transactions too', async () => {
    const subject = await connect()
    await failing(subject, new DriverAdapterError('22012'), () =>
      subject.adapter.queryRaw(query(insert)),
    )
    const transaction = await subject.begin()
    await failing(subject, new DriverAdapterError('22012'), () =>
      transaction.queryRaw(query(insert)),
    )
    expect(
      await subject.value('prisma_statement_duration_seconds_count', { statement: 'insert' }),
    ).toBe(2)
    expect(await subject.value('prisma_statement_errors_total', { kind: 'postgres' })).toBe(2)
    // Not a statement of its own: the duration of a transaction contains it.
    await failing(subject, new DriverAdapterError('3B001'), () =>
      transaction.executeRaw(query('RELEASE SAVEPOINT missing')),
    )
    expect(await subject.value('prisma_statement_duration_seconds_count')).toBe(2)
    await failing(subject, new DriverAdapterError('25P01'), () =>
      subject.adapter.executeRaw(query('SAVEPOINT a')),
    )
    expect(await subject.value('prisma_statement_duration_seconds_count')).toBe(3)
  })
})

describe('a COMMIT that fails', () => {
  test.each([true, false])(
    'is unknown without an answer (usePhantomQuery: %s)',
    async (usePhantomQuery) => {
      const subject = await connect('postgres', { usePhantomQuery })
      const transaction = await subject.begin()
      await transaction.executeRaw(query(insert))
      await failing(subject, lost, () =>
        usePhantomQuery ? transaction.commit() : transaction.executeRaw(query('COMMIT')),
      )
      expect(await subject.rows()).toEqual([0, 0, 2, usePhantomQuery ? 0 : 1])
      await settle(transaction.rollback())
      expect(await subject.rows()).toEqual([0, 0, 2, 0])
      expect(
        await subject.value('prisma_transaction_duration_seconds_count', { outcome: 'unknown' }),
      ).toBe(1)
    },
  )

  test.each([true, false])(
    'is rolled back if the server answers (usePhantomQuery: %s)',
    async (usePhantomQuery) => {
      const subject = await connect('postgres', { usePhantomQuery })
      const transaction = await subject.begin()
      await transaction.executeRaw(query(insert))
      const refused = new DriverAdapterError('40001')
      await failing(subject, refused, () =>
        usePhantomQuery ? transaction.commit() : transaction.executeRaw(query('COMMIT')),
      )
      await settle(transaction.rollback())
      expect(await subject.rows()).toEqual([0, 2, 0, 0])
    },
  )

  test('is a ROLLBACK without an answer if a statement has failed before', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await failing(subject, new DriverAdapterError('23505'), () =>
      transaction.queryRaw(query(insert)),
    )
    await failing(subject, lost, () => transaction.commit())
    expect(await subject.rows()).toEqual([0, 2, 0, 0])
  })

  test('leaves a transaction of SQLite open, which can commit later', async () => {
    const subject = await connect('sqlite')
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await failing(subject, new DriverAdapterError('SQLITE_BUSY', 'sqlite'), () =>
      transaction.executeRaw(query('COMMIT')),
    )
    expect(await subject.rows()).toEqual([0, 0, 0, 1])
    await transaction.executeRaw(query('COMMIT'))
    expect(await subject.rows()).toEqual([2, 0, 0, 1])
    await transaction.commit()
    expect(await subject.rows()).toEqual([2, 0, 0, 0])
  })

  test('is rolled back if a ROLLBACK has no answer', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await transaction.executeRaw(query(insert))
    await failing(subject, lost, () => transaction.rollback())
    expect(await subject.rows()).toEqual([0, 2, 0, 0])
  })

  test('does not count its error again as a statement', async () => {
    const subject = await connect()
    const transaction = await subject.begin()
    await failing(subject, lost, () => transaction.commit())
    expect(await subject.value('prisma_statement_errors_total', { kind: 'ConnectionClosed' })).toBe(
      1,
    )
  })
})

test('ends the transactions of an adapter that is disposed', async () => {
  const subject = await connect()
  const open = await subject.begin()
  const ended = await subject.begin()
  await open.executeRaw(query(insert))
  await ended.executeRaw(query(insert))
  await ended.commit()
  await subject.adapter.dispose()
  expect(await subject.rows()).toEqual([2, 2, 0, 0])
})

test('counts the rows of a COMMIT in progress as unknown if the adapter is disposed', async () => {
  const subject = await connect('postgres', { usePhantomQuery: true })
  const transaction = await subject.begin()
  await transaction.executeRaw(query(insert))
  const commit = transaction.commit()
  await Promise.all([subject.adapter.dispose(), commit])
  const [committed, rolledBack, unknown, inFlight] = await subject.rows()
  expect([committed + unknown, rolledBack, inFlight]).toEqual([2, 0, 0])
})

test('counts a failed connection, and the wait for one', async () => {
  const subject = await connect()
  await failing(subject, new Error('Connection terminated due to connection timeout'), () =>
    subject.begin(),
  )
  expect(await subject.value('prisma_statement_errors_total', { kind: 'SocketTimeout' })).toBe(1)
  expect(await subject.value('prisma_transaction_wait_seconds_count')).toBe(1)
  expect(await subject.rows()).toEqual([0, 0, 0, 0])
})

test('counts rows by the scope that has opened the transaction, or that has sent the statement', async () => {
  const subject = await connect()
  await subject.metrics.scope('job', async () => {
    await subject.adapter.executeRaw(query(insert))
    const transaction = await subject.begin()
    await transaction.executeRaw(query(update))
    await transaction.rollback()
  })
  const rows = (action: string, outcome: string) =>
    subject.value('prisma_scope_rows_total', { scope: 'job', action, outcome })
  expect([await rows('insert', 'commit'), await rows('update', 'rollback')]).toEqual([2, 2])
})

test('records nothing of suppressed statements but their rows', async () => {
  const subject = await connect()
  subject.metrics.dispose()
  await subject.adapter.executeRaw(query(insert))
  const transaction = await subject.begin()
  await transaction.executeRaw(query(insert))
  await failing(subject, lost, () => transaction.commit())
  expect(subject.errors).toEqual([])
})
