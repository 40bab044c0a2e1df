import { clientCatalogue, expositionCatalogue } from '../../metrics/catalogue.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function instrumentationAlerts(promql: Promql): AlertRule[] {
  const { instrumentationErrors, seriesDropped, clientInfo, readingErrors } = clientCatalogue
  const { collectErrors } = expositionCatalogue
  return [
    {
      alert: 'PrismaTargetDown',
      severity: 'critical',
      for: '5m',
      expr: [
        'up == 0',
        `and on (job, instance) last_over_time(${promql.select(clientInfo)}[1d])`,
      ].join('\n'),
      summary: '{{ $labels.instance }} cannot be scraped',
      description: 'It exposed Prisma metrics within the last day and no longer answers.',
      dashboard: { name: 'overview', variables: [] },
      reason:
        'All scrapes failed for 5 minutes; a restart takes less. Only targets that exposed a client within a day are checked, so other jobs are not affected.',
    },
    {
      alert: 'PrismaCollectErrors',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, instance, metric', promql.select(collectErrors), '15m')} > ${promql.t.collectErrors}`,
      summary: '{{ $labels.metric }} is missing from scrapes',
      description:
        'Its collection failed or timed out {{ $value | humanize }} times in 15 minutes.',
      dashboard: { name: 'overview', variables: [] },
      reason: `More than ${promql.t.collectErrors} in 15 minutes: a gauge that reads the database may be late once, but not repeatedly.`,
    },
    {
      alert: 'PrismaGaugeFailing',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, gauge', promql.select(readingErrors), '15m')} > ${promql.t.collectErrors}`,
      summary: '{{ $labels.gauge }} shows an old value',
      description: 'Its query failed or timed out {{ $value | humanize }} times in 15 minutes.',
      dashboard: { name: 'errors' },
      reason: `More than ${promql.t.collectErrors} in 15 minutes: one reading may be late, and its last good value is served until the next one.`,
    },
    {
      alert: 'PrismaSeriesDropped',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, metric', promql.select(seriesDropped), '1h')} > 0`,
      summary: '{{ $labels.metric }} has reached its limit on series',
      description: 'Label values were folded into $other {{ $value | humanize }} times in an hour.',
      dashboard: { name: 'errors' },
      reason:
        'Any. Above the limit, the metric no longer distinguishes label values, and folded series cannot be separated later.',
    },
    {
      alert: 'PrismaInstrumentationErrors',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client', promql.select(instrumentationErrors), '15m')} > 0`,
      summary: 'The metrics of {{ $labels.client }} may be incomplete',
      description:
        '{{ $value | humanize }} failures inside the instrumentation in 15 minutes. No query was affected.',
      dashboard: { name: 'errors' },
      reason:
        'Any. The cause is a defect of prisma-prometheus, or of a registry or pool that was passed to it.',
    },
  ]
}
