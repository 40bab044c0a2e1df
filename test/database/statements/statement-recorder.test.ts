import { Registry } from 'prom-client'
import { describe, expect, test, vi } from 'vitest'
import { ScopeAccounts } from '../../../src/database/holders/scope-account.ts'
import { ModelNames } from '../../../src/database/model-names.ts'
import type { TransactionControl } from '../../../src/database/sql/transaction-control.ts'
import { RowCounters, type StatementScope } from '../../../src/database/statements/row-counters.ts'
import type { StatementError } from '../../../src/database/statements/statement-error.ts'
import {
  type StatementSinks,
  StatementRecorder,
} from '../../../src/database/statements/statement-recorder.ts'
import {
  type TransactionOpener,
  TransactionRecorder,
} from '../../../src/database/statements/transaction-recorder.ts'
import type { TransactionOutcome } from '../../../src/database/statements/transaction-series.ts'
import { Suppression } from '../../../src/database/suppression.ts'
import { Counter } from '../../../src/metrics/counter.ts'
import { ErrorReporter } from '../../../src/metrics/error-reporter.ts'
import { createInstruments } from '../../../src/metrics/instruments.ts'
import { snapshot } from '../../../src/testing/index.ts'

interface Options extends Partial<Pick<StatementSinks, 'onStatement' | 'onTransactionEnd'>> {
  readonly provider?: string
  readonly transactional?: boolean
}

const commit: TransactionControl = { control: 'commit', chain: false }
const rollback: TransactionControl = { control: 'rollback', chain: false }
const begin: TransactionControl = { control: 'begin' }

const error = (rest: Partial<StatementError> = {}): StatementError => ({
  kind: 'postgres',
  aborts: false,
  ends: false,
  answerLost: false,
  ...rest,
})

function connect({ provider = 'postgres', transactional = true, ...rest }: Options = {}) {
  const registry = new Registry()
  const { instruments } = createInstruments({
    client: 'default',
    registry,
    prefix: 'prisma_',
    maxSeries: 10,
  })
  const accounts = new ScopeAccounts(instruments, 10)
  const suppression = new Suppression()
  const recorder = new StatementRecorder(
    {
      instruments,
      errorReporter: new ErrorReporter(new Counter([]), (failure) => {
        throw failure
      }),
      models: new ModelNames({}),
      rows: new RowCounters(instruments, 10),
      suppression,
      scopes: {
        ofCaller: () => undefined,
        ofStatement: () => undefined,
        accountOfCaller: () => accounts.none,
        accountOfStatement: () => accounts.none,
        sharedAccount: accounts.shared,
        arrayOperation: () => () => {},
      },
      onTransactionEnd() {},
      ...rest,
    },
    { provider, transactional },
  )
  const value = async (name: string, labels?: Record<string, string>): Promise<number> =>
    (await snapshot(registry)).value(`prisma_${name}`, labels)
  return {
    recorder,
    suppression,
    insert: recorder.statements.known('Tag', 'insert'),
    upsert: recorder.statements.known('Tag', 'insert', true),
    open(opener?: TransactionOpener) {
      const ended: TransactionRecorder[] = []
      const transaction = new TransactionRecorder(
        recorder,
        (which) => ended.push(which),
        undefined,
        opener,
      )
      return { transaction, ended }
    },
    value,
    /** Rows inserted, updated and upserted. */
    committed: () =>
      Promise.all(
        ['model_inserts_total', 'model_updates_total', 'model_upserts_total'].map((name) =>
          value(name),
        ),
      ),
    /** Rows committed, rolled back and unknown. */
    rows: async () => [
      await value('model_inserts_total'),
      await value('rolled_back_rows_total'),
      await value('unknown_rows_total'),
    ],
    /** Transactions committed, rolled back and unknown. */
    transactions: () =>
      Promise.all(
        ['commit', 'rollback', 'unknown'].map((outcome) =>
          value('transaction_duration_seconds_count', { outcome }),
        ),
      ),
  }
}

/** A scope, and the rows that were counted for it. */
function scopeOf(name: string, log: string[]): StatementScope {
  return {
    wrote: (action, outcome, rows) => log.push(`${name}: ${rows} ${action} ${outcome}`),
  }
}

describe('an upsert', () => {
  test.each([
    ['whose inserted rows are known', 1, [1, 2, 0]],
    ['that inserted nothing', 0, [0, 3, 0]],
    ['whose inserted rows are unknown', undefined, [0, 0, 3]],
  ])('%s is counted outside transactions and inside', async (_, inserted, expected) => {
    const { recorder, upsert, open, committed } = connect()
    recorder.succeeded(upsert, 0, 3, undefined, undefined, inserted)
    expect(await committed()).toEqual(expected)
    const { transaction } = open()
    recorder.succeeded(upsert, 0, 3, undefined, transaction, inserted)
    expect(await committed()).toEqual(expected)
    transaction.end('commit')
    expect(await committed()).toEqual(expected.map((rows) => 2 * rows))
  })

  test('is the only statement that is divided into inserted and updated rows', async () => {
    const { recorder, insert, committed } = connect()
    recorder.succeeded(insert, 0, 3, undefined, undefined, 1)
    expect(await committed()).toEqual([3, 0, 0])
  })
})

describe('a statement', () => {
  test('that writes no rows counts none, whatever the driver says', async () => {
    const { recorder, rows, value } = connect()
    recorder.succeeded(recorder.statements.known('Tag', 'select'), 0, 5, undefined)
    expect(await rows()).toEqual([0, 0, 0])
    expect(await value('statement_duration_seconds_count')).toBe(1)
  })

  test('that controls a transaction is timed outside transactions only', async () => {
    const { recorder, open, value } = connect()
    const savepoint = recorder.statements.of('SAVEPOINT a')
    recorder.succeeded(savepoint, 0, 0, undefined)
    expect(await value('statement_duration_seconds_count')).toBe(1)
    const { transaction } = open()
    recorder.succeeded(savepoint, 0, 0, undefined, transaction)
    expect(await value('statement_duration_seconds_count')).toBe(1)
  })

  test('passes its seconds to onStatement', async () => {
    const onStatement = vi.fn<(seconds: number) => void>()
    const { recorder, insert, value } = connect({ onStatement })
    recorder.succeeded(insert, performance.now() - 2000, 1, undefined)
    recorder.failed(insert, performance.now() - 3000, error())
    const [[first], [second]] = onStatement.mock.calls as [[number], [number]]
    expect([Math.floor(first), Math.floor(second)]).toEqual([2, 3])
    expect(await value('statement_duration_seconds_sum')).toBeCloseTo(first + second, 9)
  })

  test('that is suppressed counts its rows, but neither time nor error', async () => {
    const onStatement = vi.fn<(seconds: number) => void>()
    const { recorder, suppression, insert, open, rows, value } = connect({ onStatement })
    await suppression.run(async () => {
      recorder.succeeded(insert, 0, 2, undefined)
      recorder.failed(insert, 0, error())
      recorder.waited(0)
      open().transaction.end('commit')
    })
    expect(await rows()).toEqual([2, 0, 0])
    expect(onStatement).not.toHaveBeenCalled()
    expect(await value('statement_duration_seconds_count')).toBe(0)
    expect(await value('statement_errors_total')).toBe(0)
    expect(await value('transaction_wait_seconds_count')).toBe(0)
    expect(await value('transaction_duration_seconds_count')).toBe(0)
  })
})

describe('the rows of a transaction', () => {
  test('belong to the scope that opened it, or to no scope', () => {
    const log: string[] = []
    const { recorder, insert, open } = connect()
    const sender = scopeOf('sender', log)
    for (const opener of [undefined, { scope: scopeOf('opener', log) }, { scope: undefined }]) {
      const { transaction } = open(opener)
      recorder.succeeded(insert, 0, 2, sender, transaction)
      transaction.end('rollback')
    }
    expect(log).toEqual(['sender: 2 insert rollback', 'opener: 2 insert rollback'])
  })

  test('are pending if their statement was sent at the same time as the end', async () => {
    const { recorder, insert, open, rows } = connect()
    const { transaction } = open()
    transaction.controlled(rollback, 5)
    recorder.succeeded(insert, 5, 2, undefined, transaction)
    expect(await rows()).toEqual([0, 0, 0])
    recorder.succeeded(insert, 6, 1, undefined, transaction)
    expect(await rows()).toEqual([1, 0, 0])
    transaction.end('commit')
    expect(await rows()).toEqual([1, 2, 0])
  })

  test('wait for the answer of `decide`, which is asked for lost COMMITs only', async () => {
    const { recorder, insert, open, rows, transactions } = connect()
    const answers: ((outcome: TransactionOutcome) => void)[] = []
    for (const [end, lost] of [
      ['commit', false],
      ['rollback', false],
      ['unknown', true],
    ] as const) {
      const { transaction } = open()
      transaction.decide = (apply) => answers.push(apply)
      recorder.succeeded(insert, 0, 2, undefined, transaction)
      transaction.end(end)
      expect(answers).toHaveLength(lost ? 1 : 0)
    }
    expect(await rows()).toEqual([2, 2, 0])
    expect(await transactions()).toEqual([1, 1, 0])
    answers[0]?.('commit')
    expect(await rows()).toEqual([4, 2, 0])
    expect(await transactions()).toEqual([2, 1, 0])
  })

  test('are unknown if nothing decides', async () => {
    const { recorder, insert, open, rows, transactions } = connect()
    const { transaction } = open()
    recorder.succeeded(insert, 0, 2, undefined, transaction)
    transaction.end('unknown')
    expect(await rows()).toEqual([0, 0, 2])
    expect(await transactions()).toEqual([0, 0, 1])
  })
})

describe('the end of a transaction', () => {
  test.each<[string, (transaction: TransactionRecorder) => void, string]>([
    ['a COMMIT', (transaction) => transaction.end('commit'), 'commit'],
    ['a ROLLBACK', (transaction) => transaction.end('rollback'), 'rollback'],
    ['a COMMIT without an answer', (transaction) => transaction.end('unknown'), 'rollback'],
    [
      'a COMMIT that the server answers with a ROLLBACK',
      (transaction) => {
        transaction.statementFailed(error({ aborts: true }), undefined, 0)
        transaction.end('commit')
      },
      'refused',
    ],
    [
      'a ROLLBACK after a failed statement',
      (transaction) => {
        transaction.statementFailed(error({ aborts: true }), undefined, 0)
        transaction.end('rollback')
      },
      'rollback',
    ],
    [
      'a COMMIT after the server has ended the transaction by itself',
      (transaction) => {
        transaction.statementFailed(error({ ends: true }), undefined, 0)
        transaction.end('commit')
      },
      'commit',
    ],
  ])('is reported: %s', (_, run, expected) => {
    const onTransactionEnd = vi.fn<(outcome: string) => void>()
    const { open } = connect({ onTransactionEnd })
    const { transaction, ended } = open()
    run(transaction)
    expect(onTransactionEnd.mock.calls).toEqual([[expected]])
    expect(ended).toEqual([transaction])
    transaction.end('commit')
    expect(onTransactionEnd).toHaveBeenCalledTimes(1)
  })

  test('is followed even if a report of it throws', () => {
    const failure = new Error('no report')
    const { open } = connect({
      onTransactionEnd() {
        throw failure
      },
    })
    const { transaction, ended } = open()
    expect(() => transaction.end('commit')).toThrow(failure)
    expect(ended).toEqual([transaction])
  })

  test('is unknown for a connection that is gone only after COMMIT was sent', async () => {
    const { recorder, insert, open, rows, transactions } = connect()
    const lost = open().transaction
    recorder.succeeded(insert, 0, 2, undefined, lost)
    lost.ending('commit')
    lost.abandon()
    const open2 = open().transaction
    recorder.succeeded(insert, 0, 3, undefined, open2)
    open2.abandon()
    const rolledBack = open().transaction
    recorder.succeeded(insert, 0, 4, undefined, rolledBack)
    rolledBack.ending('rollback')
    rolledBack.abandon()
    expect(await rows()).toEqual([0, 7, 2])
    expect(await transactions()).toEqual([0, 2, 1])
  })

  test('is not changed by a COMMIT in SQL that fails after it', async () => {
    const { recorder, insert, open, rows, transactions } = connect()
    const { transaction } = open()
    recorder.succeeded(insert, 0, 2, undefined, transaction)
    transaction.controlled(rollback, 5)
    transaction.statementFailed(error({ answerLost: true }), commit, 6)
    transaction.end('commit')
    expect(await rows()).toEqual([0, 2, 0])
    expect(await transactions()).toEqual([0, 1, 0])
  })

  test('is forgotten at the next BEGIN in SQL', async () => {
    const { recorder, insert, open, rows, transactions } = connect()
    const { transaction } = open()
    transaction.ending('commit')
    transaction.controlled(commit, 5)
    transaction.controlled(begin, 6)
    recorder.succeeded(insert, 7, 2, undefined, transaction)
    transaction.abandon()
    expect(await rows()).toEqual([0, 2, 0])
    expect(await transactions()).toEqual([0, 1, 0])
  })
})
