import { expect, test } from 'vitest'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { alerting, documented, type Expression, panels, recorded } from './expressions.ts'
import { complaintsAbout, fillVariables, knownSeries } from './promql.ts'

const series = knownSeries()

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
