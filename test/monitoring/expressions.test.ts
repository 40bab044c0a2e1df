import { expect, test } from 'vitest'
import { exampleMetrics } from '../../scripts/example-metrics.ts'
import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
} from '../../src/metrics/catalogue.ts'
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

test('queries of pages use exposed series and labels', () => {
  expectNothingWrong(documented())
})

test('recording rules use exposed series and labels', () => {
  expectNothingWrong(recorded(defaultSettings))
})

test('alerts use exposed or recorded series and labels', () => {
  expectNothingWrong(alerting(defaultSettings))
})

test('panels use exposed or recorded series and labels', () => {
  expectNothingWrong(panels())
})

/** Counters that exist at 0 before their first event, for every model. */
const initialised = /^prisma_model_(?:inserts|updates|deletes|upserts)_total$/

const counters = [clientCatalogue, httpCatalogue, expositionCatalogue]
  .flatMap((catalogue) => Object.values<MetricDeclaration>(catalogue))
  .flatMap(({ name, type }) => {
    if (type === 'counter') return [name]
    return type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : []
  })
  .filter((name) => !initialised.test(name))

/** The expression without the past that the present is compared with. */
const withoutComparison = (expr: string): string =>
  expr.replaceAll(/increase\(\w+(?:\{[^}]*\})?\[\w+\] offset \w+\)/g, '0')

const functionsOver = (expr: string, metric: string): string[] =>
  [
    ...expr.matchAll(
      new RegExp(`(?:(\\w+)\\()?\\b${metric}\\b(?:\\{[^}]*\\})?(?:\\[(\\w+)\\])?`, 'g'),
    ),
  ].map(([, name = '', window = '']) => `${name} ${window}`.trim())

test('rules count the first event of counters that have no series before it', () => {
  const wrong = [...recorded(defaultSettings), ...alerting(defaultSettings)].flatMap(
    ({ place, expr }) =>
      counters.flatMap((metric) => {
        const used = functionsOver(withoutComparison(expr), metric).map((text) =>
          text.replace(/ .*/, ''),
        )
        const isGrowth = used.every(
          (name, index) => name === ['max_over_time', 'last_over_time', 'increase'][index % 3],
        )
        return isGrowth && used.length % 3 === 0 ? [] : [`${place}: ${metric}: ${used.join(', ')}`]
      }),
  )
  expect(wrong).toEqual([])
})

test('queries of a last success keep its value across a restart', () => {
  const all = [
    ...documented(),
    ...recorded(defaultSettings),
    ...alerting(defaultSettings),
    ...panels(),
  ].filter(({ expr }) => expr.includes('_timestamp_seconds'))
  expect(all.length).toBeGreaterThan(8)
  const wrong = all.filter(({ expr }) =>
    functionsOver(expr, 'prisma_\\w+_timestamp_seconds').some(
      (text) => text !== 'max_over_time 7d',
    ),
  )
  expect(wrong).toEqual([])
})

test('the window of a stalled job is longer than its threshold', () => {
  const windows = [93_600, 7 * 86_400, 30 * 86_400].map((jobStalledSeconds) => {
    const thresholds = { ...defaultSettings.thresholds, jobStalledSeconds }
    const stalled = alerting({ ...defaultSettings, thresholds }).find(({ place }) =>
      place.includes('PrismaJobStalled'),
    )
    return /\[(\w+)\]/.exec(stalled?.expr ?? '')?.[1]
  })
  expect(windows).toEqual(['7d', '9d', '32d'])
})

test('the reference and a dashboard use every business metric of the example', () => {
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

test('reports a query with an unknown series or label', () => {
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
