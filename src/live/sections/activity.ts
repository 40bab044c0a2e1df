import type { OperationInProgress, TransactionInProgress } from '../../support/activity.ts'
import type { ClientJournal } from '../record/journal.ts'
import { duration, numberCell } from './format.ts'
import type { Cell, Table } from './table.ts'

/** Rows of operations in progress. */
const maxInProgress = 50

export function inProgressTable(operations: readonly OperationInProgress[]): Table {
  const oldestFirst = operations.toSorted((a, b) => b.ageSeconds - a.ageSeconds)
  const more = operations.length > maxInProgress ? `, the oldest ${maxInProgress}` : ''
  return {
    id: 'in-progress',
    caption: `Operations in progress: ${operations.length}${more}`,
    columns: [
      { label: 'Operation', kind: 'text' },
      { label: 'Age', kind: 'number' },
      { label: 'Scope', kind: 'text' },
    ],
    rows: oldestFirst
      .slice(0, maxInProgress)
      .map(({ model, operation, ageSeconds, scope }): Cell[] => [
        `${model}.${operation}`,
        numberCell(ageSeconds, duration),
        scope ?? '–',
      ]),
    empty: 'No operation is in progress.',
  }
}

/** Rows of open transactions. */
const maxTransactions = 50

export function transactionsTable(transactions: readonly TransactionInProgress[]): Table {
  const oldestFirst = transactions.toSorted((a, b) => b.ageSeconds - a.ageSeconds)
  const more = transactions.length > maxTransactions ? `, the oldest ${maxTransactions}` : ''
  return {
    id: 'open-transactions',
    caption: `Open transactions, which hold connections: ${transactions.length}${more}`,
    columns: [
      { label: 'Scope', kind: 'text' },
      { label: 'Age', kind: 'number' },
      { label: 'Idle', kind: 'number', title: 'The time in which no statement ran.' },
      { label: 'Last operation', kind: 'text' },
      { label: 'Started', kind: 'number', title: 'How long ago the last operation started.' },
      { label: 'Last statement', kind: 'code' },
      { label: 'Line', kind: 'code', title: 'The call of $transaction.' },
    ],
    rows: oldestFirst
      .slice(0, maxTransactions)
      .map(({ scope, ageSeconds, idleSeconds, lastOperation, lastStatement, stack }): Cell[] => [
        scope,
        numberCell(ageSeconds, duration),
        numberCell(idleSeconds, duration),
        lastOperation === undefined ? '–' : `${lastOperation.model}.${lastOperation.operation}`,
        numberCell(lastOperation?.ageSeconds, duration),
        lastStatement ?? '–',
        lineOf(stack),
      ]),
    empty: 'No transaction is open.',
  }
}

export function slowAndFailedTable({ entries }: ClientJournal): Table {
  const now = Date.now()
  return {
    id: 'slow-and-failed',
    caption: 'The last 50 by fingerprint',
    columns: [
      { label: 'Operation', kind: 'text' },
      { label: 'Outcome', kind: 'text' },
      { label: 'Times', kind: 'number' },
      { label: 'Longest', kind: 'number' },
      { label: 'Last', kind: 'number', title: 'How long ago.' },
      { label: 'Scope', kind: 'text' },
      { label: 'Line', kind: 'code' },
      { label: 'Fingerprint', kind: 'code' },
      { label: 'Trace', kind: 'code' },
    ],
    rows: [...entries.values()]
      .toReversed()
      .map(({ latest, at, count, longest }): Cell[] => [
        `${latest.model}.${latest.operation}`,
        latest.code ?? 'slow',
        numberCell(count),
        numberCell(longest, duration),
        numberCell((now - at) / 1000, duration),
        latest.scope ?? '–',
        lineOf(latest.stack),
        latest.fingerprint,
        latest.traceId ?? '–',
      ]),
    empty: 'No operation was slow or has failed.',
  }
}

export function suspectsTable({ suspects }: ClientJournal): Table {
  const now = Date.now()
  return {
    id: 'suspects',
    caption: 'N+1 suspects',
    columns: [
      { label: 'Scope', kind: 'text' },
      { label: 'Operation', kind: 'text' },
      { label: 'Calls', kind: 'number', title: 'In the latest run.' },
      { label: 'Runs', kind: 'number' },
      { label: 'Last', kind: 'number', title: 'How long ago.' },
      { label: 'Line', kind: 'code' },
      { label: 'Fingerprint', kind: 'code' },
    ],
    rows: [...suspects.values()]
      .toReversed()
      .map(({ latest, at, runs }): Cell[] => [
        latest.scope,
        `${latest.model}.${latest.operation}`,
        numberCell(latest.count),
        numberCell(runs),
        numberCell((now - at) / 1000, duration),
        lineOf(latest.stack),
        latest.fingerprint,
      ]),
    empty: 'No scope has repeated an operation.',
  }
}

export function jobsTable({ jobs }: ClientJournal): Table {
  const now = Date.now()
  return {
    id: 'jobs',
    caption: 'Last runs of jobs',
    columns: [
      { label: 'Job', kind: 'text' },
      { label: 'Outcome', kind: 'text' },
      { label: 'Ended', kind: 'number', title: 'How long ago.' },
      { label: 'Duration', kind: 'number' },
      { label: 'Operations', kind: 'number' },
      { label: 'Rows', kind: 'number', title: 'Committed rows that it wrote.' },
    ],
    rows: [...jobs.values()]
      .toReversed()
      .map(({ run, at }): Cell[] => [
        run.scope,
        run.succeeded ? 'ok' : 'error',
        numberCell((now - at) / 1000, duration),
        numberCell(run.durationSeconds, duration),
        numberCell(run.operations),
        numberCell(run.rows),
      ]),
    empty: 'No job has ended.',
  }
}

/** The nearest line of the application: `orders.ts:12:5`, with its folder. */
function lineOf(stack: string | undefined): string {
  const frame = stack?.split('\n', 1)[0]
  if (frame === undefined) return '–'
  const place = /\(([^()]+)\)\s*$/.exec(frame)?.[1] ?? frame.replace(/^\s*at (?:async )?/, '')
  const parts = place.replace(/^file:\/\//, '').split(/[\\/]/)
  return parts.slice(-3).join('/')
}
