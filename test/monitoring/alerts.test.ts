import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { projectRoot } from '../docs/pages.ts'
import { type AlertCase, alertCases, type Course } from './alert-cases.ts'
import { findTool } from './tools.ts'

const promtool = findTool('promtool')
const ruleFiles = ['prisma.rules.yml', 'prisma.alerts.yml'].map((file) =>
  join(projectRoot, 'monitoring/rules', file),
)

test.skipIf(promtool === undefined)('promtool accepts the rule files', () => {
  const output = execFileSync(promtool as string, ['check', 'rules', ...ruleFiles], {
    encoding: 'utf8',
  })
  expect(output.match(/SUCCESS/g)).toHaveLength(ruleFiles.length)
})

test('every alert has series that raise it, and series that do not', () => {
  const alerts = alertRules(defaultSettings).flatMap(({ rules }) => rules)
  const names = (rules: readonly Pick<AlertCase, 'alert' | 'labels'>[]): Set<string> =>
    new Set(rules.map(({ alert, labels }) => `${alert} ${labels?.['long_window'] ?? ''}`))
  expect(names(alertCases)).toEqual(names(alerts))
})

/** The cases of an interval by alert, so that promtool evaluates only the rules of that alert. */
function byAlert(cases: readonly AlertCase[], interval: string): AlertCase[][] {
  const same = cases.filter((alertCase) => alertCase.interval === interval)
  const names = [...new Set(same.map(({ alert }) => alert))]
  return names.map((name) => same.filter(({ alert }) => alert === name))
}

// Rules are evaluated once per sample: days at one sample per minute would take minutes.
const intervals = [...new Set(alertCases.map(({ interval }) => interval))]

test.skipIf(promtool === undefined).for(intervals)(
  'fires every alert when it must, and only then: samples every %s',
  { timeout: 300_000 },
  (interval) => {
    for (const cases of byAlert(alertCases, interval)) {
      const tests = cases.flatMap((alertCase) => [
        unit(alertCase, alertCase.firing, 1),
        unit(alertCase, alertCase.silent, 0),
      ])
      expect(testRules(tests, cases)).toBe('')
    }
  },
)

test.skipIf(promtool === undefined)('reports an alert that does not fire', () => {
  const [first] = alertCases as readonly [AlertCase]
  expect(testRules([unit(first, first.silent, 1)], [first])).toContain('PrismaErrorBudgetBurn')
})

/** The series of the case, with counters that appear at proportional values and then stay constant. */
function appearing(course: Course, intervalsBefore: number): Course {
  return Object.fromEntries(
    Object.entries(course).map(([series, values]) => {
      const step = /^0\+(?<step>[\d.]+)x800$/.exec(values)?.groups?.['step']
      return [
        series,
        step === undefined ? values : `_x${intervalsBefore} ${Number(step) * 1000}+0x800`,
      ]
    }),
  )
}

// Counters of written rows exist at 0 from the start.
const ofRows = new Set(['PrismaWriteSurge', 'PrismaWritesStalled'])

// They compare with the past, and a new series has none.
const comparing = new Set(['PrismaSlowerThanBefore', 'PrismaJobWithoutOperations'])

const ofFirstEvents = alertCases.filter(
  ({ alert, firing }) =>
    !ofRows.has(alert) &&
    !comparing.has(alert) &&
    Object.values(firing).some((values) => values.startsWith('0+')),
)

test
  .skipIf(promtool === undefined)
  .for([...new Set(ofFirstEvents.map(({ interval }) => interval))])(
  'sees the first sample of counters in every alert: samples every %s',
  { timeout: 300_000 },
  (interval) => {
    for (const cases of byAlert(ofFirstEvents, interval)) {
      const tests = cases.map(({ alert, labels = {}, firing }) => {
        const rule = alertRules(defaultSettings)
          .flatMap(({ rules }) => rules)
          .find(
            (each) =>
              each.alert === alert && each.labels?.['long_window'] === labels['long_window'],
          )
        const course = appearing(firing, 5)
        return {
          name: `${alert} ${labels['long_window'] ?? ''} at the first sample`,
          interval,
          input_series: Object.entries(course).map(([series, values]) => ({ series, values })),
          promql_expr_test: [
            {
              expr: `count(${rule?.expr}) > bool 0`,
              eval_time: `${Number.parseInt(interval) * 6}m`,
              exp_samples: [{ labels: '{}', value: 1 }],
            },
          ],
        }
      })
      expect(testRules(tests, cases)).toBe('')
    }
  },
)

test.skipIf(promtool === undefined)(
  'does not take an old series for a new one after a gap in the scrapes',
  () => {
    const alertCase = alertCases.find(({ alert }) => alert === 'PrismaConnectionFailures')
    const series = Object.keys(alertCase?.firing ?? {})
    const afterGap = Object.fromEntries(series.map((name) => [name, '5000+0x10 _x20 5000+0x100']))
    const quiet = unit({ ...(alertCase as AlertCase), at: '40m' }, afterGap, 0)
    expect(testRules([quiet], [alertCase as AlertCase])).toBe('')
  },
)

interface RuleFile {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly { readonly alert?: string; readonly record?: string; expr: string }[]
  }[]
}

/** The shipped rules that the cases need. Evaluating all of them over days takes promtool minutes. */
function rulesOf(cases: readonly AlertCase[]): RuleFile {
  const [recording, alerts] = ruleFiles.map(
    (file) => parse(readFileSync(file, 'utf8')) as RuleFile,
  ) as [RuleFile, RuleFile]
  const names = new Set(cases.map(({ alert }) => alert))
  const kept = alerts.groups.map((group) => ({
    name: group.name,
    rules: group.rules.filter(({ alert = '' }) => names.has(alert)),
  }))
  const asked = kept.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join(' ')
  const records = recording.groups.map((group) => ({
    name: group.name,
    rules: group.rules.filter(({ record = '' }) => asked.includes(record)),
  }))
  return { groups: [...records, ...kept].filter(({ rules }) => rules.length > 0) }
}

/** The errors that `promtool test rules` reports. */
function testRules(tests: readonly object[], cases: readonly AlertCase[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-rules-'))
  try {
    const rules = rulesOf(cases)
    writeFileSync(join(folder, 'rules.yml'), stringify(rules))
    const file = join(folder, 'tests.yml')
    writeFileSync(
      file,
      stringify({
        rule_files: ['rules.yml'],
        evaluation_interval: cases[0]?.interval,
        // Without an order, promtool evaluates alerts before the recorded series that they read.
        group_eval_order: rules.groups.map(({ name }) => name),
        tests,
      }),
    )
    const { stdout, stderr, status } = spawnSync(promtool as string, ['test', 'rules', file], {
      encoding: 'utf8',
    })
    return status === 0 ? '' : stdout + stderr
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function unit(
  { alert, labels = {}, interval, at }: AlertCase,
  course: Course,
  count: 0 | 1,
): object {
  const matchers = Object.entries({ alertname: alert, alertstate: 'firing', ...labels })
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')
  return {
    name: `${alert} ${labels['long_window'] ?? ''} ${count === 1 ? 'fires' : 'is silent'}`,
    interval,
    input_series: Object.entries(course).map(([series, values]) => ({ series, values })),
    promql_expr_test: [
      {
        expr: `count by (alertname) (ALERTS{${matchers}})`,
        eval_time: at,
        exp_samples: count === 0 ? [] : [{ labels: `{alertname="${alert}"}`, value: 1 }],
      },
    ],
  }
}
