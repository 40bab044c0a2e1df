import { clientCatalogue } from '../../metrics/catalogue.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

const unreachableKinds =
  'DatabaseNotReachable|DatabaseDoesNotExist|DatabaseAccessDenied|ConnectionClosed|TlsConnectionError|AuthenticationFailed|TooManyConnections|SocketTimeout'

const unreachableCodes = 'P1000|P1001|P1002|P1003|P1008|P1010|P1011|P1017|P2037|initialization'

export function connectionAlerts(promql: Promql): AlertRule[] {
  const {
    poolConnections,
    poolConnectionsMax,
    poolPendingAcquires,
    poolAcquireDuration,
    statementErrors,
    operationErrors,
  } = clientCatalogue
  const { poolWaitSeconds, connectionFailures } = promql.t
  const more = (selector: string): string =>
    `${promql.sumOfGrowth('job, client', selector, '5m')} > ${connectionFailures}`
  return [
    {
      alert: 'PrismaPoolExhausted',
      severity: 'critical',
      for: '2m',
      expr: [
        `sum by (job, instance, client) (${promql.select(poolConnections, 'state="busy"')})`,
        `  >= on (job, instance, client) ${promql.select(poolConnectionsMax)}`,
        `and on (job, instance, client) ${promql.select(poolPendingAcquires)} > 0`,
      ].join('\n'),
      summary:
        'No connection is left in the pool of {{ $labels.client }} on {{ $labels.instance }}',
      description: 'All {{ $value }} connections are busy and callers wait for one.',
      reason:
        'All connections are busy and callers wait, at every scrape for 2 minutes. A burst ends sooner; a leak or a pool that is too small does not.',
    },
    {
      alert: 'PrismaPoolWaiting',
      severity: 'warning',
      for: '10m',
      expr: `${promql.quantile(0.95, 'job, client', promql.bucket(poolAcquireDuration), '5m')} > ${poolWaitSeconds}`,
      summary: 'Queries of {{ $labels.client }} wait for a connection',
      description:
        'One in twenty waits {{ $value | humanizeDuration }} or longer for a connection.',
      reason: `More than ${poolWaitSeconds} s at the 95th percentile; a pool with free connections answers in microseconds. 10 minutes exclude a single burst.`,
    },
    {
      alert: 'PrismaConnectionFailures',
      severity: 'critical',
      for: '1m',
      expr: [
        more(promql.select(statementErrors, `kind=~"${unreachableKinds}"`)),
        `or ${more(promql.select(operationErrors, `code=~"${unreachableCodes}"`))}`,
        `or ${more(promql.count(poolAcquireDuration, 'outcome="error"'))}`,
      ].join('\n'),
      summary: '{{ $labels.client }} cannot reach its database',
      description: '{{ $value | humanize }} attempts to connect failed in 5 minutes.',
      reason: `More than ${connectionFailures} in 5 minutes: a pool replaces one lost connection by itself. Only 1 minute, because requests already fail.`,
    },
  ]
}
