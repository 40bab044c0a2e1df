import { alertRules } from '../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'
import {
  alerting,
  documented,
  isInExample,
  panels,
  recorded,
} from '../test/monitoring/expressions.ts'
import { dashboardPlans } from './dashboards/dashboards.ts'

/** How many expressions the end-to-end test runs, by where they stand. */
export interface ExpressionCounts {
  readonly documents: number
  readonly rules: number
  readonly alerts: number
  readonly panels: number
}

/** How much of everything there is, as a table. The end-to-end test makes it from what it has run. */
export function monitoringNumbers(counts: ExpressionCounts = expressionsThatRun()): string {
  const runbooks = new Set(alertRules(defaultSettings).flatMap(({ rules }) => rules.map(nameOf)))
  const shown = dashboardPlans.flatMap(({ rows }) => rows.flatMap((row) => row.panels))
  return [
    '| what | how many, each run on Prometheus | where |',
    '| --- | --- | --- |',
    `| queries, grouped by question, for each metric and in runbooks | ${counts.documents} | [docs/prometheus-metrics.md](docs/prometheus-metrics.md), [docs/runbooks.md](docs/runbooks.md) |`,
    `| recording rules | ${counts.rules} | [monitoring/rules](monitoring/rules) |`,
    `| alerts | ${counts.alerts}, with ${runbooks.size} runbooks | [monitoring/rules](monitoring/rules) |`,
    `| Grafana dashboards | ${dashboardPlans.length}, with ${shown.length} panels and ${counts.panels} queries | [monitoring/dashboards](monitoring/dashboards) |`,
  ].join('\n')
}

function expressionsThatRun(): ExpressionCounts {
  return {
    documents: documented().filter(isInExample).length,
    rules: recorded(defaultSettings).filter(isInExample).length,
    alerts: alerting(defaultSettings).filter(isInExample).length,
    panels: panels().filter(isInExample).length,
  }
}

function nameOf({ alert }: { readonly alert: string }): string {
  return alert
}
