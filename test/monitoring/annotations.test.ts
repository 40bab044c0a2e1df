import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { dashboardPlans } from '../../scripts/dashboards/dashboards.ts'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { alertRuleFile } from '../../src/monitoring/rule-files.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { complaintsAbout, knownSeries } from './promql.ts'
import { findTool } from './tools.ts'

const promtool = findTool('promtool')
const rules = alertRules(defaultSettings).flatMap((group) => group.rules)
const series = knownSeries()

const queries = rules.flatMap(({ alert, description }) =>
  [...description.matchAll(/printf (?<format>"(?:[^"\\]|\\.)*")/g)].map(({ groups }) => ({
    alert,
    query: (JSON.parse(groups?.['format'] ?? '""') as string).replaceAll('%q', '"a"'),
  })),
)

test('the queries in the texts of alerts ask for series and labels that are exposed', () => {
  expect(queries.length).toBeGreaterThan(10)
  const wrong = queries.flatMap(({ alert, query }) =>
    complaintsAbout(query, series).map((complaint) => `${alert}: ${complaint}: ${query}`),
  )
  expect(wrong).toEqual([])
})

test('every alert links to a dashboard that has its variables, by labels that it has', () => {
  const wrong = rules.flatMap(({ alert, expr, dashboard, labels }) => {
    const plan = dashboardPlans.find(({ name }) => name === `prisma-${dashboard.name}`)
    const names = new Set<string>(['client', ...(plan?.variables ?? [])])
    return (dashboard.variables ?? ['client'])
      .filter((variable) => {
        const hasLabel =
          labels !== undefined || new RegExp(`(?:\\b|_)${variable}(?:\\b|_)`).test(expr)
        return !hasLabel || !names.has(variable)
      })
      .map((variable) => `${alert}: ${variable}`)
  })
  expect(wrong).toEqual([])
})

const client = 'job="shop",instance="a:3000",client="my client"'

test.skipIf(promtool === undefined)(
  'promtool expands texts that name the scope, and a link with its variables',
  () => {
    const { groups } = alertRuleFile({
      ...defaultSettings,
      grafana: 'https://grafana.example',
      runbooks: 'https://wiki.example/runbooks.html',
      prefix: 'shop_',
    })
    const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-annotations-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'rules.yml'), stringify({ groups }))
    const file = join(folder, 'tests.yml')
    const blocked = (instance: string, scope: string): string =>
      `shop_scope_event_loop_blocked_seconds_total{job="shop",instance="${instance}",client="my client",scope="${scope}"}`
    const held = (scope: string): string =>
      `shop_scope_transaction_seconds_total{${client},scope="${scope}"}`
    writeFileSync(
      file,
      stringify({
        rule_files: ['rules.yml'],
        evaluation_interval: '1m',
        tests: [
          {
            interval: '1m',
            input_series: [
              {
                series: `shop_pool_acquire_duration_seconds_sum{${client}}`,
                values: '0+120x60',
              },
              { series: held('POST /orders'), values: '0+200x60' },
              { series: held('GET /'), values: '0+10x60' },
              {
                series:
                  'shop_event_loop_delay_seconds{job="shop",instance="a:3000",percentile="99"}',
                values: '0.3+0x60',
              },
              { series: blocked('a:3000', 'GET /'), values: '0+1x60' },
              { series: blocked('a:3000', 'POST /imports'), values: '0+18x60' },
              { series: blocked('b:3000', 'GET /reports'), values: '0+30x60' },
              // Waits for the event loop.
              {
                series: `shop_scope_duration_seconds_sum{${client},scope="GET /",outcome="ok"}`,
                values: '0+900x60',
              },
              {
                series: `shop_scope_transaction_seconds_total{job="mail",client="x",scope="other"}`,
                values: '0+900x60',
              },
            ],
            alert_rule_test: [
              {
                eval_time: '30m',
                alertname: 'PrismaEventLoopBlocked',
                exp_alerts: [
                  {
                    exp_labels: { severity: 'warning', job: 'shop', instance: 'a:3000' },
                    exp_annotations: {
                      summary: 'The event loop of a:3000 is blocked',
                      description:
                        'The event loop is 300ms late at the 99th percentile, on average over 5 minutes. All requests wait for it, and the database only looks slow. Code of POST /imports blocks it longest.',
                      dashboard_url: 'https://grafana.example/d/shop-overview?var-job=shop',
                      runbook_url: 'https://wiki.example/runbooks.html#prismaeventloopblocked',
                    },
                  },
                ],
              },
              {
                eval_time: '30m',
                alertname: 'PrismaPoolExhausted',
                exp_alerts: [
                  {
                    exp_labels: {
                      severity: 'critical',
                      job: 'shop',
                      instance: 'a:3000',
                      client: 'my client',
                    },
                    exp_annotations: {
                      summary: 'Callers of my client on a:3000 wait for a connection',
                      description:
                        '2 callers wait for a connection on average. Transactions of POST /orders hold connections longest.',
                      dashboard_url:
                        'https://grafana.example/d/shop-transactions?var-job=shop&var-client=my+client',
                      runbook_url: 'https://wiki.example/runbooks.html#prismapoolexhausted',
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    )
    const { status, stdout, stderr } = spawnSync(promtool as string, ['test', 'rules', file], {
      encoding: 'utf8',
    })
    expect(status === 0 ? '' : stdout + stderr).toBe('')
  },
)
