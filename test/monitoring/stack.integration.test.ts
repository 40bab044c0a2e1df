import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detail } from '../../example/detail.ts'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { monitoringNumbers } from '../../scripts/monitoring-numbers.ts'
import { defaultSettings, type MonitoringSettings } from '../../src/monitoring/settings.ts'
import { runCommand } from '../cli/run-command.ts'
import { projectRoot } from '../docs/pages.ts'
import {
  alerting,
  documented,
  type Expression,
  isInExample,
  panels,
  recorded,
} from './expressions.ts'
import { fillVariables } from './promql.ts'
import { type Notification, startAlertmanager } from './stack/alertmanager.ts'
import { type Prometheus, startPrometheus } from './stack/prometheus.ts'
import { record } from './stack/recording.ts'
import { withShortWindows } from './stack/shortened.ts'
import { startWatchedApplication } from './stack/watched-application.ts'
import { findTool } from './tools.ts'

const prometheusFile = findTool('prometheus')
const promtool = findTool('promtool')
const alertmanagerFile = findTool('alertmanager', 'prometheus-alertmanager')
const tools = [prometheusFile, promtool, alertmanagerFile]

const settings: MonitoringSettings = {
  ...defaultSettings,
  runbooks: 'https://runbooks.example/prisma',
  thresholds: {
    ...defaultSettings.thresholds,
    sloMinimumOperations: 10,
    transactionSeconds: 0.25,
    eventLoopDelaySeconds: 0.03,
    churnPerSecond: 0.5,
    failingPerSecond: 0.5,
    slowdownOperations: 2,
    rolledBackRowsPerSecond: 1,
    writeConflicts: 1,
    slowOperations: 2,
    nPlusOneSuspects: 2,
    scopeOperations: 5,
    largeResults: 2,
    writeSurgeRows: 50,
    writeSurgeFactor: 1.1,
    connectionFailures: 1,
    jobStalledSeconds: 15,
    collectErrors: 1,
  },
}

/** `DETAIL=low` runs the rules and alerts on an application with fewer series. */
const isWhole = detail === 'normal'

/** An hour lasts a minute. */
const windows = 60

const short = (expressions: readonly Expression[]): Expression[] =>
  expressions
    .filter(isInExample)
    .map(({ place, expr }) => ({ place, expr: withShortWindows(expr, windows) }))

const expressions = {
  documents: isWhole ? documented().filter(isInExample) : [],
  rules: short(recorded(settings)),
  alerts: short(alerting(settings)),
  panels: (isWhole ? panels() : [])
    .filter(isInExample)
    .map(({ place, expr }) => ({ place, expr: fillVariables(expr, '15s') })),
}

describe.skipIf(tools.includes(undefined))(
  'on a real Prometheus that scrapes a failing example',
  () => {
    const found = new Set<Expression>()
    let notifications: readonly Notification[] = []
    let scrapeErrors: string[]
    let checked: Record<'shop' | 'batch', Awaited<ReturnType<typeof runCommand>>>
    let fired: Set<string>

    beforeAll(async () => {
      // A separate server, because the test stops it.
      await using database = await startEmbeddedPostgres()
      await using application = await startWatchedApplication(database.url)
      await using alertmanager = await startAlertmanager(alertmanagerFile as string)
      notifications = alertmanager.notifications
      await using prometheus = await startPrometheus(prometheusFile as string, {
        promtool: promtool as string,
        targets: application.targets,
        alertmanager: alertmanager.address,
        settings,
        divisors: { windows, for: 3600 },
      })
      const start = Date.now() / 1000
      await sleep(12_000)
      scrapeErrors = await prometheus.scrapeErrors()
      const [shop, , batch] = application.targets
      checked = {
        shop: await runCommand('check', `http://${shop}/metrics`),
        batch: await runCommand('check', `http://${batch}/metrics`),
      }
      await application.stopSecond()

      const recording = process.env['MONITORING_RECORDING'] || undefined
      await lookFor(found, prometheus, { atLeast: recording === undefined ? 0 : 60, atMost: 80 })
      // The last fault: the database stops. A shutdown in order could end this process, as without the
      // package: pg emits its error on a connection that the adapter has just been given, and does not
      // listen to yet.
      await database.crash()
      await lookFor(found, prometheus, { atLeast: 12, atMost: 25 })
      fired = await firedAlerts(prometheus)
      // The expression of an alert that fired has had a result, if not at the moment of a look.
      for (const expression of expressions.alerts) {
        if (fired.has(expression.place.replace('alert ', ''))) found.add(expression)
      }
      if (recording !== undefined) {
        writeFileSync(recording, await record(prometheus, { start, end: Date.now() / 1000 }))
      }
    }, 500_000)

    test('scrapes have no errors', () => {
      // On a busy machine a scrape may be late; its content is still right.
      const late = /context deadline exceeded/
      expect(scrapeErrors.filter((error) => !late.test(error))).toEqual([])
    })

    test('npx prisma-prometheus check reports the faults and correct numbers', () => {
      const { shop, batch } = checked
      expect(shop.error + batch.error).toBe('')
      expect(shop.out).toContain('a handler of Tag.create failed')
      expect(shop.out).toContain('the gauge monitoring_oldest_alert_seconds could not be read')
      expect(batch.out).toContain('prisma_operation_duration_seconds has reached maxSeries')
      expect(batch.out).toContain('the instrumentation of reconnecting failed')
      for (const { out, code } of [shop, batch]) {
        expect(out).toContain('\n0 errors')
        expect(code).toBe(0)
      }
    })

    for (const [kind, all] of Object.entries(expressions)) {
      test(`every expression of the ${kind} returns series`, () => {
        const missing = all.filter((expression) => !found.has(expression))
        expect(missing.map(({ place, expr }) => `${place}: ${expr}`)).toEqual([])
      })
    }

    test('every alert fires and is delivered with its runbook', () => {
      const notified = new Map(
        notifications.map(({ labels, annotations }) => [
          nameOf(labels),
          annotations['runbook_url'],
        ]),
      )
      const expected = expressions.alerts.map(({ place }) => place.replace('alert ', ''))
      expect([...fired].toSorted()).toEqual(expect.arrayContaining(expected))
      expect([...notified.keys()]).toEqual(expect.arrayContaining(expected))
      for (const [name, runbook] of notified) {
        const anchor = name.split(' ')[0]?.toLowerCase()
        expect(runbook, name).toBe(`${settings.runbooks}#${anchor}`)
      }
    })

    const howMany = (kind: keyof typeof expressions): number =>
      expressions[kind].filter((expression) => found.has(expression)).length

    test.runIf(isWhole)(
      'README contains the number of executed queries (`npm run tables` writes it)',
      () => {
        const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
        const run = {
          documents: howMany('documents'),
          rules: howMany('rules'),
          alerts: howMany('alerts'),
          panels: howMany('panels'),
        }
        expect(readme).toContain(monitoringNumbers(run))
      },
    )

    afterAll(() => {
      const kinds = Object.keys(expressions) as (keyof typeof expressions)[]
      const lines = kinds.map(
        (kind) => `  ${kind}: ${howMany(kind)} of ${expressions[kind].length}`,
      )
      console.log(
        `Expressions that found something on Prometheus:\n${lines.join('\n')}\n` +
          `Alerts that fired: ${fired?.size}, notified: ${new Set(notifications.map(({ labels }) => nameOf(labels))).size}`,
      )
    })
  },
)

interface Patience {
  /** Seconds. */
  readonly atLeast: number
  readonly atMost: number
}

/** Evaluates expressions without a result again, until all have one or the time is over. */
async function lookFor(
  found: Set<Expression>,
  prometheus: Prometheus,
  { atLeast, atMost }: Patience,
): Promise<void> {
  const all = Object.values(expressions).flat()
  const start = performance.now()
  const seconds = (): number => (performance.now() - start) / 1000
  while (seconds() < atMost) {
    const missing = all.filter((expression) => !found.has(expression))
    for (const expression of missing) {
      const series = await prometheus.query(expression.expr)
      if (series.length > 0) found.add(expression)
    }
    const waiting = missing.filter((expression) => !found.has(expression) && !isLast(expression))
    if (waiting.length === 0 && seconds() > atLeast) return
    await sleep(1000)
  }
}

/** Whether the expression concerns the stopped database. */
function isLast({ place, expr }: Expression): boolean {
  return place === 'alert PrismaConnectionFailures' || expr.includes('code=~"P1.*|')
}

async function firedAlerts(prometheus: Prometheus): Promise<Set<string>> {
  const series = await prometheus.query('count_over_time(ALERTS{alertstate="firing"}[10m])')
  return new Set(series.map(({ metric }) => nameOf(metric)))
}

function nameOf(labels: Readonly<Record<string, string>>): string {
  return [labels['alertname'], labels['long_window'] ?? ''].join(' ').trim()
}
