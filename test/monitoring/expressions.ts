import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { recordingRules } from '../../src/monitoring/recording-rules.ts'
import type { MonitoringSettings } from '../../src/monitoring/settings.ts'
import { dashboardPlans } from '../../scripts/dashboards/dashboards.ts'
import { withVariables } from '../../scripts/dashboards/expression.ts'
import { pages, projectRoot, snippets } from '../docs/pages.ts'

/** A PromQL expression and its place: a page, a rule or a panel. */
export interface Expression {
  readonly place: string
  readonly expr: string
}

// Metrics and error codes of Prisma 8, and rows of a COMMIT whose answer is lost.
const notInExample = /\bprisma_(?:unknown_rows_total|contract_in_sync|cache_requests_total)\b|42P01/

/** Whether the example has every metric and error code of the expression. */
export function isInExample({ expr }: Expression): boolean {
  return !notInExample.test(expr)
}

/** The queries of the pages, in blocks and in tables. */
export function documented(): Expression[] {
  const blocks = snippets
    .filter(({ language }) => language === 'promql')
    .map(({ page, line, code }) => ({ place: `${page}:${line}`, expr: code }))
  return [...blocks, ...pages.flatMap(inTables)]
}

// A function over a metric of this package. `…` marks a part that the reader fills in.
const query =
  /^(?=.*\b(?:prisma_|http_server_|monitoring_|job_client))[^…]*\b[a-z_]+(?: by \([^)]*\))? ?\(/

function inTables(page: string): Expression[] {
  const lines = readFileSync(join(projectRoot, page), 'utf8').split('\n')
  return lines.flatMap((line, index) =>
    line.startsWith('|')
      ? [...line.matchAll(/`([^`]+)`/g)]
          .map(([, code = '']) => code)
          .filter((code) => query.test(code))
          .map((expr) => ({ place: `${page}:${index + 1}`, expr }))
      : [],
  )
}

export function recorded(settings: MonitoringSettings): Expression[] {
  return recordingRules(settings)
    .flatMap(({ rules }) => rules)
    .map(({ record, expr }) => ({ place: `rule ${record}`, expr }))
}

export function alerting(settings: MonitoringSettings): Expression[] {
  return alertRules(settings)
    .flatMap(({ rules }) => rules)
    .map(({ alert, labels, expr }) => ({
      place: ['alert', alert, labels?.['long_window'] ?? ''].join(' ').trim(),
      expr,
    }))
}

/** The queries of all panels, with their variables. */
export function panels(): Expression[] {
  return dashboardPlans.flatMap(({ name, rows }) =>
    rows.flatMap((row) =>
      row.panels.flatMap(({ title, queries }) =>
        queries.map(({ expr, legend }) => ({
          place: [name, title, legend ?? ''].join(' / '),
          expr: withVariables(expr),
        })),
      ),
    ),
  )
}
