import { expect, test } from 'vitest'
import { exampleMetrics } from '../../scripts/example-metrics.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { alerting, documented, type Expression, panels, recorded } from './expressions.ts'
import { complaintsAbout, fillVariables, knownSeries } from './promql.ts'

const series = knownSeries(exampleMetrics)

function expectNothingWrong(expressions: readonly Expression[]): void {
  const wrong = expressions.flatMap(({ place, expr }) =>
    complaintsAbout(fillVariables(expr), series).map((complaint) => `${place}: ${complaint}`),
  )
  expect(expressions.length).toBeGreaterThan(0)
  expect(wrong).toEqual([])
}

test('the queries of the pages ask for series and labels that are exposed', () => {
  expectNothingWrong(documented())
})

test('the recording rules ask for series and labels that are exposed', () => {
  expectNothingWrong(recorded(defaultSettings))
})

test('the alerts ask for series and labels that are exposed or recorded', () => {
  expectNothingWrong(alerting(defaultSettings))
})

test('the panels ask for series and labels that are exposed or recorded', () => {
  expectNothingWrong(panels())
})

test("the reference and a dashboard ask for all of the example's business", () => {
  expect(exampleMetrics.map(({ name }) => name).toSorted()).toMatchInlineSnapshot(`
    [
      "monitoring_alert_resolution_seconds",
      "monitoring_alerts_open",
      "monitoring_alerts_raised_total",
      "monitoring_alerts_resolved_total",
      "monitoring_drift_events_total",
      "monitoring_job_duration_seconds",
      "monitoring_quality_checks_failed_total",
      "monitoring_quality_score_ratio",
      "monitoring_value_secured_total",
    ]
  `)
  const asked = (expressions: readonly Expression[], name: string): boolean =>
    expressions.some(({ expr }) => new RegExp(`\\b${name}(?:_bucket|_count|_sum)?\\b`).test(expr))
  const reference = documented().filter(({ place }) => place.includes('prometheus-metrics.md'))
  const dashboard = panels().filter(({ place }) => place.startsWith('prisma-business'))
  for (const { name } of exampleMetrics) {
    expect(asked(reference, name), `${name} in the reference`).toBe(true)
    expect(asked(dashboard, name), `${name} in the dashboard`).toBe(true)
  }
})

test('a query that asks for something else is told', () => {
  const wrong = [
    'rate(prisma_model_insert_total[5m])',
    'sum by (table) (prisma_model_inserts_total)',
    'prisma_model_inserts_total{operation="create"}',
    'prisma_operation_duration_seconds',
    'sum(rate(prisma_model_inserts_total[5m])',
    'up{job="a"} == 0 and on (host) up',
  ]
  expect(wrong.map((query) => complaintsAbout(query, series))).toMatchInlineSnapshot(`
    [
      [
        "no series prisma_model_insert_total",
      ],
      [
        "no label table on any series",
      ],
      [
        "no label operation on a series of it",
      ],
      [
        "no series prisma_operation_duration_seconds",
      ],
      [
        "syntax error at 40",
      ],
      [
        "no label host on any series",
      ],
    ]
  `)
})
