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
      description: 'It had Prisma metrics within the last day and does not answer any more.',
      reason:
        'Every scrape of 5 minutes failed; a restart takes less. Only targets that showed a client within a day are meant, so that other jobs stay with their own alerts.',
    },
    {
      alert: 'PrismaCollectErrors',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, instance, metric', promql.select(collectErrors), '15m')} > ${promql.t.collectErrors}`,
      summary: '{{ $labels.metric }} is missing from scrapes',
      description:
        'Its collection failed or was too late {{ $value | humanize }} times in 15 minutes.',
      reason: `More than ${promql.t.collectErrors} in 15 minutes: a gauge that reads the database may be late once, not again and again.`,
    },
    {
      alert: 'PrismaGaugeFailing',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, gauge', promql.select(readingErrors), '15m')} > ${promql.t.collectErrors}`,
      summary: '{{ $labels.gauge }} shows an old value',
      description: 'Its query failed or was too late {{ $value | humanize }} times in 15 minutes.',
      reason: `More than ${promql.t.collectErrors} in 15 minutes: one reading may be late, and the last good value is served meanwhile.`,
    },
    {
      alert: 'PrismaSeriesDropped',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, metric', promql.select(seriesDropped), '1h')} > 0`,
      summary: '{{ $labels.metric }} has reached its number of series',
      description: '{{ $value | humanize }} times in an hour label values were folded into $other.',
      reason:
        'Any. From the limit on the metric no longer tells things apart, and what is folded is not unfolded.',
    },
    {
      alert: 'PrismaInstrumentationErrors',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client', promql.select(instrumentationErrors), '15m')} > 0`,
      summary: 'The metrics of {{ $labels.client }} may be incomplete',
      description:
        '{{ $value | humanize }} failures inside the instrumentation in 15 minutes. No query was touched.',
      reason: 'Any. It is a defect of prisma-prometheus, or of a registry or a pool it was given.',
    },
  ]
}
