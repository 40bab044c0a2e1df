import { alertRules } from './alert-rules.ts'
import { recordingRules } from './recording-rules.ts'
import type { AlertRule, RuleGroup } from './rule.ts'
import type { MonitoringSettings } from './settings.ts'
import type { Yaml } from './yaml.ts'

/** A Prometheus rule file, before it is written. */
export type RuleFile = { readonly groups: readonly Yaml[] }

export function recordingRuleFile(settings: MonitoringSettings): RuleFile {
  return {
    groups: recordingRules(settings).map((group) => ({
      name: group.name,
      rules: group.rules.map(({ record, expr }) => ({ record, expr })),
    })),
  }
}

export function alertRuleFile(settings: MonitoringSettings): RuleFile {
  const written = ({ name, rules }: RuleGroup<AlertRule>): Yaml => ({
    name,
    rules: rules.map((rule) => ({
      alert: rule.alert,
      expr: rule.expr,
      for: rule.for,
      labels: { severity: rule.severity, ...rule.labels },
      annotations: {
        summary: rule.summary,
        description: rule.description,
        runbook_url: `${settings.runbooks}#${rule.alert.toLowerCase()}`,
      },
    })),
  })
  return { groups: alertRules(settings).map(written) }
}
