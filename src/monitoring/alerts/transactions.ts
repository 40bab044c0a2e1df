import { clientCatalogue } from '../../metrics/catalogue.ts'
import { largest, own } from '../annotations.ts'
import { le, type Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function transactionAlerts(promql: Promql): AlertRule[] {
  return [...holderAlerts(promql), ...outcomeAlerts(promql)]
}

/** Transactions that hold a connection for too long. */
function holderAlerts(promql: Promql): AlertRule[] {
  const {
    transactionDuration,
    transactionWait,
    longTransactions,
    scopeTransaction,
    scopeTransactionIdle,
  } = clientCatalogue
  const { transactionWaitSeconds, transactionSeconds, idleTransactions } = promql.t
  const rollbacks = (selector: string): string => promql.sumOfGrowth('job, client', selector, '15m')
  const idle = (matchers: string): string => promql.select(scopeTransactionIdle, matchers)
  const byScope = 'job, client, scope'
  return [
    {
      alert: 'PrismaIdleInTransaction',
      severity: 'warning',
      for: '2m',
      expr: `${promql.rateOfGrowth(byScope, idle(''), '5m')} > ${idleTransactions}`,
      summary: '{{ $labels.scope }} holds connections in idle transactions',
      description:
        'Its transactions hold {{ $value | humanize }} connections on average while no statement runs: the code in them does something else. metrics.openTransactions() and longTransaction.onLong report the line of $transaction.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
      reason: `More than ${idleTransactions} connections held idle on average over 5 minutes. 2 minutes exclude a single burst; those who wait for a connection are reported later.`,
    },
    {
      alert: 'PrismaLongTransactions',
      severity: 'warning',
      for: '1m',
      expr: `${promql.sumOfGrowth(byScope, promql.select(longTransactions), '15m')} > 0`,
      summary: 'Transactions of {{ $labels.scope }} stay open for long',
      description:
        '{{ $value | humanize }} transactions in 15 minutes were open for longTransaction.seconds, with a connection and its locks held. metrics.openTransactions() and longTransaction.onLong report the line of $transaction.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
      reason:
        'Any. Such a transaction is counted while it is open, so one that never ends counts as well. What is long is set by longTransaction.seconds.',
    },
    {
      alert: 'PrismaTransactionsTimedOut',
      severity: 'warning',
      for: '1m',
      expr: [
        rollbacks(promql.count(transactionDuration, 'outcome="rollback"')),
        `- ${rollbacks(promql.bucket(transactionDuration, `outcome="rollback",${le(transactionSeconds)}`))} > 0`,
      ].join('\n'),
      summary: 'Transactions of {{ $labels.client }} are rolled back after a long time',
      description: `{{ $value | humanize }} transactions in 15 minutes took more than ${transactionSeconds} s and were rolled back.${largest(promql.sumOfGrowth('scope', promql.select(scopeTransaction, own), '15m'), ' Transactions of [scope] hold connections longest.')}`,
      dashboard: { name: 'transactions' },
      reason: `Any that took more than ${transactionSeconds} s, half of Prisma's timeout (5 s): the work and the wait of others were for nothing.`,
    },
    {
      alert: 'PrismaTransactionWaiting',
      severity: 'warning',
      for: '10m',
      expr: `${promql.quantile(0.95, 'job, client', promql.bucket(transactionWait), '5m')} > ${transactionWaitSeconds}`,
      summary: 'Transactions of {{ $labels.client }} wait to begin',
      description: `One in twenty waits {{ $value | humanizeDuration }} or longer for BEGIN.${largest(promql.sumOfGrowth('scope', promql.select(scopeTransaction, own), '5m'), ' Transactions of [scope] hold connections longest.')}`,
      dashboard: { name: 'transactions' },
      reason: `A quarter of Prisma's maxWait (2 s), after which the transaction fails with P2028. 10 minutes exclude a single burst.`,
    },
  ]
}

/** Transactions that are undone. */
function outcomeAlerts(promql: Promql): AlertRule[] {
  const {
    transactionDuration,
    transactionErrors,
    statementErrors,
    operationErrors,
    rolledBackRows,
    scopeRows,
  } = clientCatalogue
  const { writeConflicts, rollbackRatio, transactionsPerSecond, rolledBackRowsPerSecond } = promql.t
  const conflicts = (selector: string): string =>
    `${promql.sumOfGrowth('job, client', selector, '10m')} > ${writeConflicts}`
  const transactions = (matchers: string): string =>
    promql.rateOfGrowth('job, client', promql.count(transactionDuration, matchers), '5m')
  const undoneBy = largest(
    promql.sumOfGrowth('scope', promql.select(scopeRows, `${own},outcome="rollback"`), '5m'),
    ' Most of the rows were written in [scope].',
  )
  return [
    {
      alert: 'PrismaWriteConflicts',
      severity: 'warning',
      for: '2m',
      expr: [
        conflicts(promql.select(statementErrors, 'kind="TransactionWriteConflict"')),
        `or ${conflicts(promql.select(operationErrors, 'code="P2034"'))}`,
        `or ${conflicts(promql.select(transactionErrors, 'code="P2034"'))}`,
      ].join('\n'),
      summary: 'Transactions of {{ $labels.client }} conflict or deadlock',
      description: `{{ $value | humanize }} deadlocks or serialization failures in 10 minutes.${largest(promql.sumOfGrowth('model, operation', promql.select(operationErrors, `${own},code="P2034"`), '10m'), ' Most of them: [model].[operation].')}`,
      dashboard: { name: 'transactions' },
      reason: `More than ${writeConflicts} in 10 minutes. Single ones are retried and part of concurrency. 2 minutes exclude a single burst.`,
    },
    {
      alert: 'PrismaRollbackRatio',
      severity: 'warning',
      for: '5m',
      expr: [
        `${transactions('outcome="rollback"')} / (${transactions('')}) > ${rollbackRatio}`,
        `and ${transactions('')} > ${transactionsPerSecond}`,
      ].join('\n'),
      summary: 'Many transactions of {{ $labels.client }} are rolled back',
      description: `{{ $value | humanizePercentage }} of the transactions are rolled back.${undoneBy}`,
      dashboard: { name: 'transactions' },
      reason: `More than ${rollbackRatio * 100} % of at least ${transactionsPerSecond} transactions per second, over 5 minutes and for 5 more: a single burst of failures has ended by then.`,
    },
    {
      alert: 'PrismaRowsRolledBack',
      severity: 'warning',
      for: '2m',
      expr: `${promql.rateOfGrowth('job, client, model', promql.select(rolledBackRows), '5m')} > ${rolledBackRowsPerSecond}`,
      summary: 'Rows of {{ $labels.model }} are written for nothing',
      description: `{{ $value | humanize }} rows per second are written and rolled back.${undoneBy}`,
      dashboard: { name: 'model', variables: ['client', 'model'] },
      reason: `More than ${rolledBackRowsPerSecond} rows per second over 5 minutes: a bulk write that fails at its end and is repeated. The share of rolled back transactions does not show it.`,
    },
  ]
}
