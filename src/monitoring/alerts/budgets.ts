import { clientCatalogue } from '../../metrics/catalogue.ts'
import { largest, own } from '../annotations.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule, Severity } from '../rule.ts'

interface BurnRate {
  /** The rate at which the budget is spent, as a multiple of the allowed rate. */
  readonly factor: number
  readonly long: string
  /** A twelfth of the long window; it ends the alert soon after the cause has ended. */
  readonly short: string
  readonly for: string
  readonly severity: Severity
  readonly spends: string
}

/**
 * The windows of the Site Reliability Workbook, for a budget of 30 days
 * (https://sre.google/workbook/alerting-on-slos/).
 */
const burnRates: readonly BurnRate[] = [
  {
    factor: 14.4,
    long: '1h',
    short: '5m',
    for: '2m',
    severity: 'critical',
    spends: '2 % of the budget of 30 days in 1 hour',
  },
  {
    factor: 6,
    long: '6h',
    short: '30m',
    for: '15m',
    severity: 'critical',
    spends: '5 % of the budget of 30 days in 6 hours',
  },
  {
    factor: 3,
    long: '1d',
    short: '2h',
    for: '1h',
    severity: 'warning',
    spends: '10 % of the budget of 30 days in 1 day',
  },
  {
    factor: 1,
    long: '3d',
    short: '6h',
    for: '3h',
    severity: 'warning',
    spends: '10 % of the budget of 30 days in 3 days',
  },
]

/** How many times too fast a budget burns for the first alert. */
export const fastestBurn: number = Math.max(...burnRates.map(({ factor }) => factor))

export function budgetAlerts(promql: Promql): AlertRule[] {
  const { operationErrors, operationDuration } = clientCatalogue
  const { expectedCodes } = promql.settings
  const unexpected = promql.select(operationErrors, `${own},code!~${JSON.stringify(expectedCodes)}`)
  const failing = promql.sumOfGrowth('model, operation, code', unexpected, '5m')
  const spent = promql.sumOfGrowth('model, operation', promql.sum(operationDuration, own), '5m')
  const { errorObjective, latencyObjective, latencySeconds } = promql.t
  return burnRates.flatMap((burnRate) => [
    burn(promql, burnRate, {
      alert: 'PrismaErrorBudgetBurn',
      what: 'operation_errors',
      objective: errorObjective,
      summary: 'Too many Prisma operations of {{ $labels.client }} fail',
      share: 'of the operations and transactions failed',
      top: largest(failing, ' Most failures: [model].[operation], [code].'),
    }),
    burn(promql, burnRate, {
      alert: 'PrismaLatencyBudgetBurn',
      what: 'late_operations',
      objective: latencyObjective,
      summary: 'Too many Prisma operations of {{ $labels.client }} are late',
      share: `of the operations took more than ${latencySeconds} s, waiting for a connection included`,
      top: largest(spent, ' Most of the time: [model].[operation].'),
    }),
  ])
}

interface Budget {
  readonly alert: string
  readonly what: string
  readonly objective: number
  readonly summary: string
  readonly share: string
  /** A template that names the operation that contributes most. */
  readonly top: string
}

function burn(promql: Promql, burnRate: BurnRate, budget: Budget): AlertRule {
  const { factor, long, short, severity } = burnRate
  // Rounded, because 1 - 0.999 is 0.0010000000000000009.
  const limit = Number((factor * (1 - budget.objective)).toPrecision(6))
  const ratio = (window: string): string =>
    promql.recorded('job_client', budget.what, `ratio_rate${window}`)
  const { operationDuration, transactionErrors } = clientCatalogue
  const operations = promql.sumOfGrowth('job, client', promql.count(operationDuration), long)
  const transactions = promql.sumOfGrowth('job, client', promql.select(transactionErrors), long)
  const counted = `((${operations} or 0 * ${transactions}) + (${transactions} or 0 * ${operations}))`
  return {
    alert: budget.alert,
    severity,
    for: burnRate.for,
    labels: { long_window: long, short_window: short },
    expr: [
      `${ratio(long)} > ${limit}`,
      `and ${ratio(short)} > ${limit}`,
      `and on (job, client) ${counted} > ${promql.t.sloMinimumOperations}`,
    ].join('\n'),
    summary: budget.summary,
    description: `{{ $value | humanizePercentage }} ${budget.share} in the last ${long}: ${factor} times what the objective allows.${budget.top}`,
    dashboard: { name: 'slo' },
    reason: `${factor} times the allowed share, in both windows, spends ${burnRate.spends}. The short window (${short}) ends the alert soon after its cause has ended.`,
  }
}
