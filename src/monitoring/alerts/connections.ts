import { clientCatalogue } from '../../metrics/catalogue.ts'
import { largest, own } from '../annotations.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'
import { unreachableCodes, unreachableKinds } from './codes.ts'

export function connectionAlerts(promql: Promql): AlertRule[] {
  const {
    poolPendingAcquires,
    poolAcquireDuration,
    poolAcquireTimeouts,
    poolConnectionsOpened,
    statementDuration,
    statementErrors,
    transactionErrors,
    operationErrors,
    scopeTransaction,
  } = clientCatalogue
  const { poolWaitSeconds, waitingCallers, connectionFailures, churnRatio, churnPerSecond } =
    promql.t
  const more = (selector: string): string =>
    `${promql.sumOfGrowth('job, client', selector, '5m')} > ${connectionFailures}`
  const holder = largest(
    promql.sumOfGrowth('scope', promql.select(scopeTransaction, own), '5m'),
    ' Transactions of [scope] hold connections longest.',
  )
  const kind = largest(
    promql.sumOfGrowth(
      'kind',
      promql.select(statementErrors, `${own},kind=~"${unreachableKinds}"`),
      '5m',
    ),
    ' Most frequent error of the database: [kind].',
  )
  const opened = promql.rateOfGrowth('job, client', promql.select(poolConnectionsOpened), '5m')
  const statements = promql.rateOfGrowth('job, client', promql.count(statementDuration), '5m')
  const notAcquired = promql.sumOfGrowth(
    'job, client',
    promql.count(poolAcquireDuration, 'outcome="error"'),
    '5m',
  )
  const timeouts = promql.sumOfGrowth('job, client', promql.select(poolAcquireTimeouts), '5m')
  return [
    {
      alert: 'PrismaPoolExhausted',
      severity: 'critical',
      for: '2m',
      expr: [
        `${promql.rateOfGrowth('job, instance, client', promql.sum(poolAcquireDuration), '5m')} > ${waitingCallers}`,
        `or sum by (job, instance, client) (avg_over_time(${promql.select(poolPendingAcquires)}[5m])) > ${waitingCallers}`,
      ].join('\n'),
      summary: 'Callers of {{ $labels.client }} on {{ $labels.instance }} wait for a connection',
      description: `{{ $value | humanize }} callers wait for a connection on average.${holder}`,
      dashboard: { name: 'transactions' },
      reason: `More than ${waitingCallers} callers waiting on average over 5 minutes, by the time that they waited and not by samples: a pool with room makes nobody wait. 2 minutes exclude a single burst.`,
    },
    {
      alert: 'PrismaPoolWaiting',
      severity: 'warning',
      for: '10m',
      expr: `${promql.quantile(0.95, 'job, client', promql.bucket(poolAcquireDuration), '5m')} > ${poolWaitSeconds}`,
      summary: 'Queries of {{ $labels.client }} wait for a connection',
      description: `One in twenty waits {{ $value | humanizeDuration }} or longer for a connection.${holder}`,
      dashboard: { name: 'transactions' },
      reason: `More than ${poolWaitSeconds} s at the 95th percentile; a pool with free connections answers in microseconds. 10 minutes exclude a single burst.`,
    },
    {
      alert: 'PrismaConnectionFailures',
      severity: 'critical',
      for: '1m',
      expr: [
        more(promql.select(statementErrors, `kind=~"${unreachableKinds}"`)),
        `or ${more(promql.select(operationErrors, `code=~"${unreachableCodes}"`))}`,
        `or ${more(promql.select(transactionErrors, `code=~"${unreachableCodes}"`))}`,
        `or ${notAcquired} - (${timeouts} or 0 * ${notAcquired}) > ${connectionFailures}`,
      ].join('\n'),
      summary: '{{ $labels.client }} cannot reach its database',
      description: `{{ $value | humanize }} attempts to connect failed in 5 minutes.${kind}`,
      dashboard: { name: 'transactions' },
      reason: `More than ${connectionFailures} in 5 minutes: a pool replaces one lost connection by itself. 1 minute, because every request fails by then. Callers that gave up waiting in a full pool do not count.`,
    },
    {
      alert: 'PrismaConnectionChurn',
      severity: 'warning',
      for: '2m',
      expr: [
        `${opened} / (${statements}) > ${churnRatio}`,
        `and ${opened} > ${churnPerSecond}`,
      ].join('\n'),
      summary: '{{ $labels.client }} opens connections all the time',
      description:
        '{{ $value | humanizePercentage }} of the statements needed a new connection: the pool closes them too early, or the server does.',
      dashboard: { name: 'transactions' },
      reason: `More than ${churnRatio * 100} % of the statements, and more than ${churnPerSecond} per second. A pool that keeps its connections opens one in hours.`,
    },
  ]
}
