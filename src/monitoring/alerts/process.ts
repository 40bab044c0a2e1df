import { clientCatalogue, httpCatalogue, processCatalogue } from '../../metrics/catalogue.ts'
import { largest, own } from '../annotations.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

/** The process and its HTTP requests. */
export function processAlerts(promql: Promql): AlertRule[] {
  const { eventLoopDelay } = processCatalogue
  const { requestDuration } = httpCatalogue
  const { eventLoopDelaySeconds, failedRequestsRatio, failedRequestsPerSecond } = promql.t
  // Longer than the gaps of scrapes that fail.
  const culprit = largest(
    promql.sumOfGrowth('scope', promql.select(clientCatalogue.scopeBlocked, own), '15m'),
    ' Code of [scope] blocks it longest.',
    ['job', 'instance'],
  )
  const requests = (matchers: string): string =>
    promql.rateOfGrowth(
      'job, http_request_method, http_route',
      promql.count(requestDuration, `http_route!=""${matchers}`),
      '5m',
    )
  return [
    {
      alert: 'PrismaEventLoopBlocked',
      severity: 'warning',
      for: '1m',
      // An average bridges the scrapes that fail because they wait for the event loop.
      expr: `max by (job, instance) (avg_over_time(${promql.select(eventLoopDelay, 'percentile="99"')}[5m])) > ${eventLoopDelaySeconds}`,
      summary: 'The event loop of {{ $labels.instance }} is blocked',
      description: `The event loop is {{ $value | humanizeDuration }} late at the 99th percentile, on average over 5 minutes. All requests wait for it, and the database only looks slow.${culprit}`,
      dashboard: { name: 'overview', variables: [] },
      reason: `More than ${eventLoopDelaySeconds} s at the 99th percentile, on average over 5 minutes: scrapes of a blocked process fail now and then. It delays all operations and pools, so it is reported before them.`,
    },
    {
      alert: 'PrismaRouteFailing',
      severity: 'warning',
      for: '5m',
      expr: [
        `${requests(',http_response_status_code=~"5..|"')} / (${requests('')}) > ${failedRequestsRatio}`,
        `and ${requests('')} > ${failedRequestsPerSecond}`,
      ].join('\n'),
      summary: 'Requests to {{ $labels.http_route }} fail or are abandoned',
      description:
        '{{ $value | humanizePercentage }} of the requests {{ $labels.http_request_method }} {{ $labels.http_route }} end with a status of 500 or more, or without a response. If they wait for a connection or for the event loop, another alert names the cause.',
      dashboard: { name: 'requests', variables: [] },
      reason: `More than ${failedRequestsRatio * 100} % of at least ${failedRequestsPerSecond} requests per second. 5 minutes are longer than the alerts need that name the cause.`,
    },
  ]
}
