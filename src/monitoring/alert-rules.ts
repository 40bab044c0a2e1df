import { budgetAlerts } from './alerts/budgets.ts'
import { connectionAlerts } from './alerts/connections.ts'
import { instrumentationAlerts } from './alerts/instrumentation.ts'
import { migrationAlerts } from './alerts/migrations.ts'
import { operationAlerts } from './alerts/operations.ts'
import { processAlerts } from './alerts/process.ts'
import { transactionAlerts } from './alerts/transactions.ts'
import { workAlerts } from './alerts/work.ts'
import { Promql } from './promql.ts'
import type { AlertRule, RuleGroup } from './rule.ts'
import type { MonitoringSettings } from './settings.ts'

export function alertRules(settings: MonitoringSettings): RuleGroup<AlertRule>[] {
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
