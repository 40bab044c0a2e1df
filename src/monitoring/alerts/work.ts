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
      reason: `More than ${jobStalledSeconds} s since the last success. Requests are left out: they come when users come.`,
    },
    {
      alert: 'PrismaJobFailing',
      severity: 'warning',
      for: '10m',
      expr: `${runs(`outcome="error",${jobs}`)} / ${runs(jobs)} > ${jobFailureRatio}`,
      summary: 'Job {{ $labels.scope }} keeps failing',
      description: '{{ $value | humanizePercentage }} of its runs of the last hour failed.',
      reason: `More than ${jobFailureRatio * 100} % of an hour's runs: retries no longer hide it. 10 minutes leave room for one good run.`,
    },
    {
      alert: 'PrismaWritesStalled',
      severity: 'warning',
      for: '15m',
      expr: [
        `sum by (job, client, model) (increase(${inserts})) == 0`,
        `and sum by (job, client, model) (increase(${inserts} offset 1d)) > ${steadyInserts}`,
      ].join('\n'),
      summary: 'No {{ $labels.model }} is inserted any more',
      description:
        'Nothing in the last half hour, though rows came in the same half hour of yesterday.',
      reason: `None, where the same half hour of yesterday had more than ${steadyInserts}: the rhythm of a day is its own threshold. It tells of business that stops without an error.`,
    },
    {
      alert: 'PrismaEventHandlerErrors',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, model, operation', promql.select(eventHandlerErrors), '15m')} > 0`,
      summary: 'A handler of {{ $labels.model }}.{{ $labels.operation }} fails',
      description:
        '{{ $value | humanize }} events in 15 minutes were not handled: their metrics or effects are missing.',
      reason:
        'Any. An event is not delivered twice, so what a failed handler should have done is lost.',
    },
  ]
}
