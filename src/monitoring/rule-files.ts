import { dashboardUrl } from './annotations.ts'
import { alertRules } from './alert-rules.ts'
import { nativeForm } from './native-form.ts'
import { recordingRules } from './recording-rules.ts'
import type { AlertRule, RuleGroup } from './rule.ts'
import type { MonitoringSettings } from './settings.ts'
import type { Yaml } from './yaml.ts'

/** A Prometheus rule file, before it is written. */
export type RuleFile = { readonly groups: readonly Yaml[] }

/** Adapts PromQL to the form of the histograms. */
function inForm({ histograms, prefix }: MonitoringSettings): (text: string) => string {
  return (text) => (histograms === 'native' ? nativeForm(text, prefix) : text)
}

export function recordingRuleFile(settings: MonitoringSettings): RuleFile {
  const form = inForm(settings)
  return {
    groups: recordingRules(settings).map((group) => ({
      name: group.name,
      rules: group.rules.map(({ record, expr }) => ({ record, expr: form(expr) })),
    })),
  }
}

/** The URL of an alert's section on the runbook page. */
export function runbookUrl(page: string, alert: string): string {
  return `${page}#${alert.toLowerCase()}`
}

export function alertRuleFile(settings: MonitoringSettings): RuleFile {
  const form = inForm(settings)
  const written = ({ name, rules }: RuleGroup<AlertRule>): Yaml => ({
    name,
    rules: rules.map((rule) => ({
      alert: rule.alert,
      expr: form(rule.expr),
      for: rule.for,
      labels: { severity: rule.severity, ...rule.labels },
      annotations: {
        summary: rule.summary,
        description: form(rule.description),
        dashboard_url: dashboardUrl(rule.dashboard, settings),
        ...(settings.runbooks === undefined
          ? {}
          : { runbook_url: runbookUrl(settings.runbooks, rule.alert) }),
      },
    })),
  })
  return { groups: alertRules(settings).map(written) }
}
