import { clientCatalogue } from '../metrics/catalogue.ts'
import { le, Promql } from './promql.ts'
import type { RecordingRule, RuleGroup } from './rule.ts'
import type { MonitoringSettings } from './settings.ts'

/** The windows of the burn rates of error budgets. */
export const budgetWindows: readonly string[] = ['5m', '30m', '1h', '2h', '6h', '1d', '3d']

export function recordingRules(settings: MonitoringSettings): RuleGroup<RecordingRule>[] {
  const promql = new Promql(settings)
  return [
    { name: `${settings.prefix}operations.rules`, rules: operations(promql) },
    { name: `${settings.prefix}rows.rules`, rules: rows(promql) },
    { name: `${settings.prefix}transactions.rules`, rules: transactions(promql) },
    { name: `${settings.prefix}budgets.rules`, rules: budgetWindows.flatMap(budgets(promql)) },
  ]
}

function operations(promql: Promql): RecordingRule[] {
  const { operationDuration, operationErrors } = clientCatalogue
  const duration = promql.bucket(operationDuration)
  return [
    {
      record: promql.recorded('job_client', 'operations', 'rate5m'),
      expr: promql.rateOfGrowth('job, client', promql.count(operationDuration), '5m'),
    },
    {
      record: promql.recorded('job_client_model_operation', 'operations', 'rate5m'),
      expr: promql.rateOfGrowth(
        'job, client, model, operation',
        promql.count(operationDuration),
        '5m',
      ),
    },
    {
      record: promql.recorded('job_client_code', 'operation_errors', 'rate5m'),
      expr: promql.rateOfGrowth('job, client, code', promql.select(operationErrors), '5m'),
    },
    {
      record: promql.recorded('job_client', 'operation_duration_seconds', 'p50_5m'),
      expr: promql.quantile(0.5, 'job, client', duration, '5m'),
    },
    {
      record: promql.recorded('job_client', 'operation_duration_seconds', 'p99_5m'),
      expr: promql.quantile(0.99, 'job, client', duration, '5m'),
    },
    {
      record: promql.recorded('job_client_model_operation', 'operation_duration_seconds', 'p99_5m'),
      expr: promql.quantile(0.99, 'job, client, model, operation', duration, '5m'),
    },
  ]
}

function rows(promql: Promql): RecordingRule[] {
  const { modelInserts, modelUpdates, modelDeletes, modelUpserts, rolledBackRows } = clientCatalogue
  const by = 'job, client, model'
  // All four are exposed at 0 for every model, so each sum has a value.
  const written = [modelInserts, modelUpdates, modelDeletes, modelUpserts].map(
    (declaration) => `sum by (${by}) (${promql.rate(promql.select(declaration), '5m')})`,
  )
  const writtenRate = promql.recorded('job_client_model', 'rows_written', 'rate5m')
  const rolledBack = promql.rateOfGrowth(by, promql.select(rolledBackRows), '5m')
  return [
    { record: writtenRate, expr: written.join('\n+ ') },
    {
      record: promql.recorded('job_client_model', 'rolled_back_rows', 'ratio_rate5m'),
      expr: `${rolledBack}\n/\n(${rolledBack} + ${writtenRate})`,
    },
  ]
}

function transactions(promql: Promql): RecordingRule[] {
  const { transactionDuration, poolConnections, poolConnectionsMax } = clientCatalogue
  const growth = (matchers: string): string =>
    promql.sumOfGrowth('job, client', promql.count(transactionDuration, matchers), '5m')
  return [
    {
      record: promql.recorded('job_client', 'transactions', 'rate5m'),
      expr: promql.rateOfGrowth('job, client', promql.count(transactionDuration), '5m'),
    },
    {
      record: promql.recorded('job_client', 'transaction_rollbacks', 'ratio_rate5m'),
      expr: `${growth('outcome="rollback"')}\n/\n${growth('')}`,
    },
    {
      record: promql.recorded('job_instance_client', 'pool_busy', 'ratio'),
      expr: `sum by (job, instance, client) (${promql.select(poolConnections, 'state="busy"')})\n/ on (job, instance, client)\n${promql.select(poolConnectionsMax)}`,
    },
  ]
}

/** The shares of failed and of late operations over one window. */
function budgets(promql: Promql): (window: string) => RecordingRule[] {
  const { operationDuration, operationErrors, transactionErrors } = clientCatalogue
  const unexpected = `code!~${JSON.stringify(promql.settings.expectedCodes)}`
  return (window) => {
    const sum = (selector: string): string => promql.sumOfGrowth('job, client', selector, window)
    const all = sum(promql.count(operationDuration))
    const failed = sum(promql.select(operationErrors, unexpected))
    // BEGIN, COMMIT and timeouts of callbacks fail without an operation that fails.
    const notEnded = sum(promql.select(transactionErrors, unexpected))
    const counted = `(${all} or 0 * ${notEnded})`
    const failedTransactions = `(${notEnded} or 0 * ${all})`
    const inTime = sum(promql.bucket(operationDuration, le(promql.t.latencySeconds)))
    return [
      {
        record: promql.recorded('job_client', 'operation_errors', `ratio_rate${window}`),
        // An error's series starts with the first error; before it, the share is 0 instead of absent.
        expr: `((${failed} or 0 * ${counted}) + ${failedTransactions})\n/\n(${counted} + ${failedTransactions})`,
      },
      {
        record: promql.recorded('job_client', 'late_operations', `ratio_rate${window}`),
        expr: `1 - (${inTime}\n/\n${all})`,
      },
    ]
  }
}
