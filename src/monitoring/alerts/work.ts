import { clientCatalogue } from '../../metrics/catalogue.ts'
import { le, type Promql, requestScopes } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function workAlerts(promql: Promql): AlertRule[] {
  return [...jobAlerts(promql), ...businessAlerts(promql)]
}

function jobAlerts(promql: Promql): AlertRule[] {
  const { scopeLastSuccess, scopeDuration, scopeOperations } = clientCatalogue
  const { jobStalledSeconds, jobFailureRatio, idleRunsRatio } = promql.t
  const jobs = `scope!~"${requestScopes}"`
  const runs = (matchers: string): string =>
    promql.sumOfGrowth('job, client, scope', promql.count(scopeDuration, matchers), '1h')
  const idleRuns = promql.bucket(scopeOperations, `${jobs},${le(0)}`)
  const succeeded = promql.count(scopeDuration, `outcome="ok",${jobs}`)
  const ended = promql.count(scopeDuration, jobs)
  const allRuns = promql.count(scopeOperations, jobs)
  const now = (selector: string): string =>
    promql.sumOfGrowth('job, client, scope', selector, '10m')
  const before = (selector: string): string =>
    promql.earlier('job, client, scope', selector, '1d', '10m')
  return [
    {
      alert: 'PrismaJobStalled',
      severity: 'critical',
      for: '5m',
      expr: `time() - max by (job, client, scope) (${promql.remembered(promql.select(scopeLastSuccess, jobs), jobStalledSeconds)} > 0) > ${jobStalledSeconds}`,
      summary: 'Job {{ $labels.scope }} has stalled',
      description: 'Its last success was {{ $value | humanizeDuration }} ago.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
      reason: `More than ${jobStalledSeconds} s since the last success. Requests are excluded, because they depend on users.`,
    },
    {
      alert: 'PrismaJobFailing',
      severity: 'warning',
      for: '10m',
      expr: `${runs(`outcome="error",${jobs}`)} / ${runs(jobs)} > ${jobFailureRatio}`,
      summary: 'Job {{ $labels.scope }} keeps failing',
      description: '{{ $value | humanizePercentage }} of its runs of the last hour failed.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
      reason: `More than ${jobFailureRatio * 100} % of an hour's runs: retries do not repair it. 10 minutes allow for one successful run.`,
    },
    {
      alert: 'PrismaJobWithoutOperations',
      severity: 'warning',
      for: '1m',
      expr: [
        `${now(idleRuns)} / ${now(allRuns)} > ${idleRunsRatio}`,
        `and ${now(succeeded)} / ${now(ended)} > ${idleRunsRatio}`,
        `and ${before(idleRuns)} / ${before(allRuns)} < ${1 - idleRunsRatio}`,
      ].join('\n'),
      summary: 'Job {{ $labels.scope }} runs without an operation',
      description:
        '{{ $value | humanizePercentage }} of its runs of the last 10 minutes did not call Prisma. Most of its runs of the day before did.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
      reason: `More than ${idleRunsRatio * 100} % of the runs, and less than ${(1 - idleRunsRatio) * 100} % in the day before: a job that succeeds without doing anything raises no error. Runs must succeed: those that fail at their first operation have none. 1 minute, because one run of a daily job is enough.`,
    },
  ]
}

function businessAlerts(promql: Promql): AlertRule[] {
  const { modelInserts, eventHandlerErrors } = clientCatalogue
  const { steadyInserts } = promql.t
  const inserts = `${promql.select(modelInserts)}[30m]`
  return [
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
      dashboard: { name: 'model', variables: ['client', 'model'] },
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
      dashboard: { name: 'errors' },
      reason: 'Any. An event is delivered once, so the work of a failed handler is lost.',
    },
  ]
}
