import { clientCatalogue } from '../../metrics/catalogue.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function transactionAlerts(promql: Promql): AlertRule[] {
  const { transactionDuration, transactionWait, statementErrors, operationErrors } = clientCatalogue
  const {
    transactionWaitSeconds,
    transactionSeconds,
    writeConflicts,
    rollbackRatio,
    transactionsPerSecond,
  } = promql.t
  const conflicts = (selector: string): string =>
    `${promql.sumOfGrowth('job, client', selector, '10m')} > ${writeConflicts}`
  const transactions = (matchers: string): string =>
    promql.sumOfGrowth('job, client', promql.count(transactionDuration, matchers), '15m')
  return [
    {
      alert: 'PrismaTransactionWaiting',
      severity: 'warning',
      for: '10m',
      expr: `${promql.quantile(0.95, 'job, client', promql.bucket(transactionWait), '5m')} > ${transactionWaitSeconds}`,
      summary: 'Transactions of {{ $labels.client }} wait to begin',
      description: 'One in twenty waits {{ $value | humanizeDuration }} or longer for BEGIN.',
      reason: `A quarter of Prisma's maxWait (2 s), after which the transaction fails with P2028. 10 minutes exclude a single burst.`,
    },
    {
      alert: 'PrismaLongTransactions',
      severity: 'warning',
      for: '10m',
      expr: `${promql.quantile(0.99, 'job, client', promql.bucket(transactionDuration), '5m')} > ${transactionSeconds}`,
      summary: 'Transactions of {{ $labels.client }} take long',
      description:
        'One in a hundred takes {{ $value | humanizeDuration }} or longer, and holds a connection and its locks.',
      reason: `Half of Prisma's timeout (5 s), after which the transaction is rolled back. 10 minutes exclude a single long transaction.`,
    },
    {
      alert: 'PrismaWriteConflicts',
      severity: 'warning',
      for: '5m',
      expr: [
        conflicts(promql.select(statementErrors, 'kind="TransactionWriteConflict"')),
        `or ${conflicts(promql.select(operationErrors, 'code="P2034"'))}`,
      ].join('\n'),
      summary: 'Transactions of {{ $labels.client }} conflict or deadlock',
      description: '{{ $value | humanize }} deadlocks or serialization failures in 10 minutes.',
      reason: `More than ${writeConflicts} in 10 minutes. Single conflicts are normal under concurrency and are retried; 5 minutes show that they continue.`,
    },
    {
      alert: 'PrismaRollbackRatio',
      severity: 'warning',
      for: '15m',
      expr: [
        `${transactions('outcome="rollback"')} / ${transactions('')} > ${rollbackRatio}`,
        `and ${transactions('')} / 900 > ${transactionsPerSecond}`,
      ].join('\n'),
      summary: 'Many transactions of {{ $labels.client }} are rolled back',
      description: '{{ $value | humanizePercentage }} of the transactions are rolled back.',
      reason: `More than ${rollbackRatio * 100} % of at least ${transactionsPerSecond} transactions per second, over 15 minutes and for another 15: the failures during a deployment end sooner.`,
    },
  ]
}
