import { clientCatalogue } from '../../metrics/catalogue.ts'
import { le, type Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function operationAlerts(promql: Promql): AlertRule[] {
  const { slowOperations, operationRows, nPlusOneSuspects, scopeOperations } = clientCatalogue
  const { t } = promql
  const written = promql.recorded('job_client_model', 'rows_written', 'rate5m')
  const results = (selector: string): string =>
    promql.sumOfGrowth('job, client, model, operation', selector, '15m')
  return [
    {
      alert: 'PrismaSlowOperations',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, model, operation', promql.select(slowOperations), '15m')} > ${t.slowOperations}`,
      summary: '{{ $labels.model }}.{{ $labels.operation }} is slow',
      description:
        '{{ $value | humanize }} operations in 15 minutes took longer than slowOperation.seconds.',
      reason: `More than ${t.slowOperations} of one model and operation in 15 minutes; the option slowOperation.seconds defines slow. 5 minutes exclude a checkpoint or a vacuum.`,
    },
    {
      alert: 'PrismaNPlusOne',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, scope, model, operation', promql.select(nPlusOneSuspects), '1h')} > ${t.nPlusOneSuspects}`,
      summary: '{{ $labels.scope }} runs {{ $labels.model }}.{{ $labels.operation }} in a loop',
      description:
        'One scope repeated operations with the same fingerprint, {{ $value | humanize }} times in an hour.',
      reason: `More than ${t.nPlusOneSuspects} in an hour: the code path is in regular use. Its number of queries grows with the data.`,
    },
    {
      alert: 'PrismaManyOperations',
      severity: 'info',
      for: '15m',
      expr: `${promql.quantile(0.95, 'job, client, scope', promql.bucket(scopeOperations), '15m')} > ${t.scopeOperations}`,
      summary: '{{ $labels.scope }} runs many operations',
      description: 'One run in twenty of the scope has {{ $value | humanize }} operations or more.',
      reason: `More than ${t.scopeOperations} at the 95th percentile. A batch job may need them: raise the threshold, or silence the scope.`,
    },
    {
      alert: 'PrismaLargeResults',
      severity: 'warning',
      for: '5m',
      expr: [
        results(promql.count(operationRows)),
        `- ${results(promql.bucket(operationRows, le(t.largeResultRows)))} > ${t.largeResults}`,
      ].join('\n'),
      summary: '{{ $labels.model }}.{{ $labels.operation }} returns large results',
      description: `{{ $value | humanize }} results of more than ${t.largeResultRows} rows in 15 minutes.`,
      reason: `More than ${t.largeResults} results of over ${t.largeResultRows} rows in 15 minutes: usually a list without take on a table that has grown.`,
    },
    {
      alert: 'PrismaWriteSurge',
      severity: 'warning',
      for: '10m',
      expr: [
        `${written} > ${t.writeSurgeRows}`,
        `and ${written} > ${t.writeSurgeFactor} * avg_over_time(${written}[1d] offset 15m)`,
      ].join('\n'),
      summary: 'Rows of {{ $labels.model }} are written much faster than usual',
      description: '{{ $value | humanize }} rows are inserted, updated or deleted per second.',
      reason: `More than ${t.writeSurgeRows} rows per second and ${t.writeSurgeFactor} times the average of the day before. 10 minutes exclude short imports.`,
    },
  ]
}
