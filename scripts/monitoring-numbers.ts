import { readdirSync, readFileSync } from 'node:fs'
import { alertRules } from '../src/monitoring/alert-rules.ts'
import { recordingRules } from '../src/monitoring/recording-rules.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'
import { dashboardPlans } from './dashboards/dashboards.ts'

/** How much of everything there is, as a table. */
export function monitoringNumbers(): string {
  const alerts = alertRules(defaultSettings).flatMap(({ rules }) => rules)
  const rules = recordingRules(defaultSettings).flatMap((group) => group.rules)
  const panels = dashboardPlans.flatMap(({ rows }) => rows.flatMap((row) => row.panels))
  const queries = panels.flatMap((panel) => panel.queries)
  const runbooks = new Set(alerts.map(({ alert }) => alert)).size
  return [
    '| what | how many | where |',
    '| --- | --- | --- |',
    `| queries, grouped by question, for each metric and in runbooks | ${documentedQueries()} | [docs/prometheus-metrics.md](docs/prometheus-metrics.md), [docs/runbooks.md](docs/runbooks.md) |`,
    `| recording rules | ${rules.length} | [monitoring/rules](monitoring/rules) |`,
    `| alerts | ${alerts.length}, with ${runbooks} runbooks | [monitoring/rules](monitoring/rules) |`,
    `| Grafana dashboards | ${dashboardPlans.length}, with ${panels.length} panels and ${queries.length} queries | [monitoring/dashboards](monitoring/dashboards) |`,
  ].join('\n')
}

function documentedQueries(): number {
  const folder = new URL('../docs/', import.meta.url)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .reduce((sum, page) => sum + (page.match(/^```promql$/gm)?.length ?? 0), 0)
}
