import { clientCatalogue } from '../../metrics/catalogue.ts'
import { type Promql, requestScopes } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function workAlerts(promql: Promql): AlertRule[] {
  const { scopeLastSuccess, scopeDuration, modelInserts, eventHandlerErrors } = clientCatalogue
  const { jobStalledSeconds, jobFailureRatio, steadyInserts } = promql.t
  const jobs = `scope!~"${requestScopes}"`
  const runs = (matchers: string): string =>
    promql.sumOfGrowth('job, client, scope', promql.count(scopeDuration, matchers), '1h')
  const inserts = `${promql.select(modelInserts)}[30m]`
  return [
    {
      alert: 'PrismaJobStalled',
      severity: 'critical',
      for: '5m',
      expr: `time() - max by (job, client, scope) (${promql.remembered(promql.select(scopeLastSuccess, jobs), jobStalledSeconds)} > 0) > ${jobStalledSeconds}`,
      summary: 'Job {{ $labels.scope }} has stalled',
      description: 'Its last success was {{ $value | humanizeDuration }} ago.',
      reason: `More than ${jobStalledSeconds} s since the last success. Requests are excluded, because they depend on users.`,
    },
    {
      alert: 'PrismaJobFailing',
      severity: 'warning',
      for: '10m',
      expr: `${runs(`outcome="error",${jobs}`)} / ${runs(jobs)} > ${jobFailureRatio}`,
      summary: 'Job {{ $labels.scope }} keeps failing',
      description: '{{ $value | humanizePercentage }} of its runs of the last hour failed.',
      reason: `More than ${jobFailureRatio * 100} % of an hour's runs: retries do not repair it. 10 minutes allow for one successful run.`,
    },
    {
      alert: 'PrismaWritesStalled',
      severity: 'warning',
      for: '15m',
      expr: [
        `sum by (job, client, model) (increase(${inserts})) == 0`,
        `and sum by (job, client, model) (increase(${inserts} offset 1d)) > ${steadyInserts}`,
      ].join('\n'),
      summary: 'No {{ $labels.model }} is inserted',
      description: 'No row in the last half hour, but rows in the same half hour of yesterday.',
      reason: `No insert, and more than ${steadyInserts} in the same half hour of yesterday, so daily patterns are respected. It detects business that stops without an error.`,
    },
    {
      alert: 'PrismaEventHandlerErrors',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, model, operation', promql.select(eventHandlerErrors), '15m')} > 0`,
      summary: 'A handler of {{ $labels.model }}.{{ $labels.operation }} fails',
      description:
        'Handlers failed for {{ $value | humanize }} events in 15 minutes: their metrics or effects are missing.',
      reason: 'Any. An event is delivered once, so the work of a failed handler is lost.',
    },
  ]
}
