import { clientCatalogue } from '../../metrics/catalogue.ts'
import { le, type Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'
import { unreachableCodes, waitingCodes } from './codes.ts'

export function operationAlerts(promql: Promql): AlertRule[] {
  return [...speedAlerts(promql), operationFailing(promql), ...amountAlerts(promql)]
}

/** Operations that have become slow, the wait for a connection left out as far as it is known. */
function speedAlerts(promql: Promql): AlertRule[] {
  const { slowOperations, operationDuration, operationWait } = clientCatalogue
  const { t } = promql
  const by = 'job, client, model, operation'
  const count = promql.count(operationDuration)
  const mean = (sum: (selector: string) => string): string => {
    const spent = sum(promql.sum(operationDuration))
    const waited = sum(promql.select(operationWait))
    return `(${spent} - (${waited} or 0 * ${spent})) / ${sum(count)}`
  }
  const now = mean((selector) => promql.sumOfGrowth(by, selector, '5m'))
  const before = mean((selector) => promql.earlier(by, selector, '5m', '1h'))
  return [
    {
      alert: 'PrismaSlowOperations',
      severity: 'warning',
      for: '10m',
      expr: `${promql.sumOfGrowth(by, promql.select(slowOperations), '15m')} > ${t.slowOperations}`,
      summary: '{{ $labels.model }}.{{ $labels.operation }} is slow',
      description:
        '{{ $value | humanize }} operations in 15 minutes took longer than slowOperation.seconds, without the known wait for a connection.',
      dashboard: { name: 'model', variables: ['client', 'model'] },
      reason: `More than ${t.slowOperations} of one model and operation in 15 minutes; what is slow is set by slowOperation.seconds. 10 minutes are longer than the alerts need that name the cause of a wait.`,
    },
    {
      alert: 'PrismaSlowerThanBefore',
      severity: 'warning',
      for: '5m',
      expr: [
        `${now} > ${t.slowdownSeconds}`,
        `and ${now} > ${t.slowdownFactor} * ${before}`,
        `and ${promql.sumOfGrowth(by, count, '5m')} > ${t.slowdownOperations}`,
      ].join('\n'),
      summary: '{{ $labels.model }}.{{ $labels.operation }} is slower than an hour ago',
      description: `It takes {{ $value | humanizeDuration }} on average, without the known wait for a connection: more than ${t.slowdownFactor} times as long as an hour ago.`,
      dashboard: { name: 'model', variables: ['client', 'model'] },
      reason: `More than ${t.slowdownFactor} times the mean of an hour ago, and more than ${t.slowdownSeconds} s. A lost index or a changed plan stays below all fixed thresholds. 5 minutes exclude a cold cache.`,
    },
  ]
}

/** An operation that mostly fails, expected codes included: a storm of them is no longer expected. */
function operationFailing(promql: Promql): AlertRule {
  const { operationDuration, operationErrors } = clientCatalogue
  const { failingRatio, failingPerSecond } = promql.t
  const handled = `code!~"${unreachableCodes}|${waitingCodes}"`
  const errors = promql.rateOfGrowth(
    'job, client, model, operation, code',
    promql.select(operationErrors, handled),
    '5m',
  )
  const all = promql.rateOfGrowth(
    'job, client, model, operation',
    promql.count(operationDuration),
    '5m',
  )
  return {
    alert: 'PrismaOperationFailing',
    severity: 'warning',
    for: '2m',
    expr: [
      `${errors} / ignoring (code) group_left () (${all}) > ${failingRatio}`,
      `and ${errors} > ${failingPerSecond}`,
    ].join('\n'),
    summary: '{{ $labels.model }}.{{ $labels.operation }} mostly fails with {{ $labels.code }}',
    description:
      '{{ $value | humanizePercentage }} of its calls fail with this code. failedOperation.onFailed reports their line.',
    dashboard: { name: 'model', variables: ['client', 'model'] },
    reason: `More than ${failingRatio * 100} % of the calls, and more than ${failingPerSecond} per second, fail with one code, expected or not. Failures to connect and to get a connection have alerts of their own.`,
  }
}

/** Operations that are too many, or that return or write too much. */
function amountAlerts(promql: Promql): AlertRule[] {
  const { operationRows, nPlusOneSuspects, scopeOperations } = clientCatalogue
  const { t } = promql
  const written = promql.recorded('job_client_model', 'rows_written', 'rate5m')
  const results = (selector: string): string =>
    promql.sumOfGrowth('job, client, model, operation', selector, '15m')
  return [
    {
      alert: 'PrismaNPlusOne',
      severity: 'warning',
      for: '5m',
      expr: `${promql.sumOfGrowth('job, client, scope, model, operation', promql.select(nPlusOneSuspects), '1h')} > ${t.nPlusOneSuspects}`,
      summary: '{{ $labels.scope }} runs {{ $labels.model }}.{{ $labels.operation }} in a loop',
      description:
        'One scope repeated operations with the same fingerprint, {{ $value | humanize }} times in an hour. nPlusOne.onSuspect reports their line.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
      reason: `More than ${t.nPlusOneSuspects} in an hour: the code path is in regular use. Its number of queries grows with the data.`,
    },
    {
      alert: 'PrismaManyOperations',
      severity: 'info',
      for: '15m',
      expr: `${promql.quantile(0.95, 'job, client, scope', promql.bucket(scopeOperations), '15m')} > ${t.scopeOperations}`,
      summary: '{{ $labels.scope }} runs many operations',
      description: 'One run in twenty of the scope has {{ $value | humanize }} operations or more.',
      dashboard: { name: 'requests', variables: ['client', 'scope'] },
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
      dashboard: { name: 'model', variables: ['client', 'model'] },
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
      dashboard: { name: 'model', variables: ['client', 'model'] },
      reason: `More than ${t.writeSurgeRows} rows per second and ${t.writeSurgeFactor} times the average of the day before. 10 minutes exclude short imports.`,
    },
  ]
}
