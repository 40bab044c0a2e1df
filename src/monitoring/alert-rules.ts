import { budgetAlerts } from './alerts/budgets.ts'
import { connectionAlerts } from './alerts/connections.ts'
import { instrumentationAlerts } from './alerts/instrumentation.ts'
import { migrationAlerts } from './alerts/migrations.ts'
import { operationAlerts } from './alerts/operations.ts'
import { processAlerts } from './alerts/process.ts'
import { transactionAlerts } from './alerts/transactions.ts'
import { workAlerts } from './alerts/work.ts'
import { unsupported } from './detail-support.ts'
import { Promql } from './promql.ts'
import { recordingRules } from './recording-rules.ts'
import type { AlertRule, RuleGroup } from './rule.ts'
import type { MonitoringSettings } from './settings.ts'

/** An alert that the level of detail cannot support, and the reason. */
export interface OmittedAlert {
  readonly alert: string
  readonly reason: string
}

/** The alerts that {@link alertRules} omits. */
export function omittedAlerts(settings: MonitoringSettings): OmittedAlert[] {
  const omitted = allAlerts(settings).flatMap(({ rules }) => rules)
  const reasonOf = reasons(settings)
  return omitted.flatMap((rule) => {
    const reason = reasonOf(rule)
    return reason === undefined ? [] : [{ alert: rule.alert, reason }]
  })
}

/** The alerts that the metrics support at the level of detail. */
export function alertRules(settings: MonitoringSettings): RuleGroup<AlertRule>[] {
  const reasonOf = reasons(settings)
  return allAlerts(settings)
    .map(({ name, rules }) => ({ name, rules: rules.filter((rule) => !reasonOf(rule)) }))
    .filter(({ rules }) => rules.length > 0)
}

/** Why an alert is not supported. */
function reasons(settings: MonitoringSettings): (rule: AlertRule) => string | undefined {
  const recorded = new Map(
    recordingRules(settings)
      .flatMap(({ rules }) => rules)
      .map(({ record, expr }) => [record, expr]),
  )
  return ({ expr }) => unsupported(expr, settings, recorded)
}

function allAlerts(settings: MonitoringSettings): RuleGroup<AlertRule>[] {
  const promql = new Promql(settings)
  const group = (name: string, rules: AlertRule[]): RuleGroup<AlertRule> => ({
    name: `${settings.prefix}${name}.alerts`,
    rules,
  })
  return [
    group('process', processAlerts(promql)),
    group('budgets', budgetAlerts(promql)),
    group('connections', connectionAlerts(promql)),
    group('transactions', transactionAlerts(promql)),
    group('operations', operationAlerts(promql)),
    group('migrations', migrationAlerts(promql)),
    group('work', workAlerts(promql)),
    group('instrumentation', instrumentationAlerts(promql)),
  ]
}
