import { setTimeout as sleep } from 'node:timers/promises'
import { inhibitionRules } from '../src/monitoring/inhibitions.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'
import { Seeded } from '../test/events/seeded.ts'
import { type Alertmanager, startAlertmanager } from '../test/monitoring/stack/alertmanager.ts'
import { type Prometheus, startPrometheus } from '../test/monitoring/stack/prometheus.ts'
import { findTool } from '../test/monitoring/tools.ts'
import { type DatabaseServer, startDatabaseServer } from './database.ts'
import type { Fault, Target } from './faults/fault.ts'
import { startLoad } from './load.ts'
import { plantedLine } from './planted-line.ts'
import { type ServiceProcess, startService } from './service-process.ts'
import { startSlowServer } from './slow-server.ts'
import { judge, nameOf, type Notified, type Verdict } from './verdict.ts'

/** All windows, offsets and `for` of the rules are divided by this number. */
export const divisor = 20

/** Seconds of the shortened clock. */
const seconds = {
  /** Load before a fault. */
  baseline: 30,
  /** Load before a fault that only a comparison with an hour ago can show. */
  longBaseline: 215,
  /** Ten minutes, within which an alert must name the culprit. */
  target: 30,
  /** Twenty minutes, for faults that only a comparison can show. */
  longTarget: 60,
  /** How long the alerts of a fault are collected. */
  observed: 60,
}

export interface DrillOptions {
  readonly faults: readonly Fault[]
  readonly seed: number
  readonly version: '7' | '8'
  /** Minutes that the quiet service runs at least. */
  readonly quietMinutes: number
  /** Seconds of observation after each fault; at least those of the target. */
  readonly observedSeconds?: number
  /** Plants all faults at once, each in a service of its own; not for faults of the server. */
  readonly parallel?: boolean
  /** Called when a fault begins and ends. */
  readonly onProgress?: (text: string) => void
}

export interface FaultResult extends Verdict {
  /** Alerts before the fault. */
  readonly early: readonly string[]
  readonly fault: Fault
  readonly target: Target
  /** Seconds of the shortened clock in which an alert must name the culprit. */
  readonly targetSeconds: number
  /** The planted line that a callback or `openTransactions()` reported. */
  readonly line: string | undefined
  readonly passed: boolean
}

export interface DrillResult {
  readonly results: readonly FaultResult[]
  readonly quietMinutes: number
  /** Alerts of the quiet service. */
  readonly quiet: readonly string[]
}

interface Drill {
  readonly server: DatabaseServer
  readonly prometheus: Prometheus
  readonly alertmanager: Alertmanager
  /** Starts a service after those that are being started. */
  readonly start: (databaseUrl: string) => Promise<ServiceProcess>
  readonly options: DrillOptions
}

/**
 * Plants the faults one at a time in a service of its own under load, and collects what Alertmanager
 * notifies. A service without faults runs next to it, on another database server.
 */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { version, onProgress = () => undefined } = options
  const [prometheusFile, alertmanagerFile] = [
    findTool('prometheus'),
    findTool('alertmanager', 'prometheus-alertmanager'),
  ]
  if (prometheusFile === undefined || alertmanagerFile === undefined) {
    throw new Error('drill: expected prometheus and alertmanager on PATH, got neither or one')
  }
  await using server = await startDatabaseServer(version)
  await using quietServer = await startDatabaseServer(version)
  await using slow = await startSlowServer()
  // Alertmanager's default of 30 s, shortened.
  await using alertmanager = await startAlertmanager(alertmanagerFile, {
    groupWait: '1500ms',
    inhibitRules: inhibitionRules().inhibit_rules,
  })
  await using prometheus = await startPrometheus(prometheusFile, {
    targets: [],
    alertmanager: alertmanager.address,
    settings: defaultSettings,
    divisors: { windows: divisor, for: divisor },
  })
  const quietStart = performance.now()
  await using quiet = await startService(
    version,
    await quietServer.createDatabase('quiet'),
    slow.url,
  )
  await prometheus.scrape('quiet', new URL(quiet.url).host)
  await using quietLoad = startLoad(quiet.url, quiet.routes, new Seeded(options.seed + 1))
  void quietLoad

  let starting: Promise<unknown> = Promise.resolve()
  const start = (databaseUrl: string): Promise<ServiceProcess> => {
    const started = starting.then(() => startService(version, databaseUrl, slow.url))
    starting = started.catch(() => undefined)
    return started
  }
  const drill = { server, prometheus, alertmanager, start, options }
  const run = async (fault: Fault): Promise<FaultResult> => {
    onProgress(`${fault.name}: ${fault.title}`)
    const result = await runFault(fault, drill)
    onProgress(describeResult(result))
    return result
  }
  const results: FaultResult[] = []
  if (options.parallel === true) results.push(...(await Promise.all(options.faults.map(run))))
  else for (const fault of options.faults) results.push(await run(fault))
  const quietSeconds = (): number => (performance.now() - quietStart) / 1000
  const rest = options.quietMinutes * 60 - quietSeconds()
  if (rest > 0) await sleep(rest * 1000)
  const ofQuiet = alertmanager.notifications.filter(({ labels }) => labels['job'] === 'quiet')
  return {
    results,
    quietMinutes: quietSeconds() / 60,
    quiet: [...new Set(ofQuiet.map(nameOf))],
  }
}

async function runFault(fault: Fault, drill: Drill): Promise<FaultResult> {
  const { server, prometheus, alertmanager, start, options } = drill
  // Depends on the fault and the seed only, and not on the other faults.
  const random = new Seeded(options.seed + hash(fault.name))
  const databaseUrl = await server.createDatabase(fault.name)
  await using service = await start(databaseUrl)
  await prometheus.scrape(fault.name, new URL(service.url).host)
  await using load = startLoad(service.url, service.routes, random)
  void load
  const comparing = fault.compares === true
  await sleep((comparing ? seconds.longBaseline : seconds.baseline) * 1000)

  const target = fault.choose(random, service)
  const early = alertsOf(alertmanager, fault.name, 0).map(nameOf)
  const planted = Date.now()
  await service.plant({ fault: fault.name, places: target.places })
  await using outside = await fault.plant?.(target, { databaseUrl })
  void outside
  const targetSeconds = comparing ? seconds.longTarget : seconds.target
  const observed = Math.max(options.observedSeconds ?? seconds.observed, targetSeconds)
  const receivedBy = collectTimes(alertmanager, fault.name)
  await sleep(observed * 1000 - (Date.now() - planted))
  const notified = receivedBy.stop(planted)

  const verdict = judge(notified, target)
  const line = plantedLine(service.lines)
  const { naming, victims } = verdict
  return {
    ...verdict,
    early,
    fault,
    target,
    targetSeconds,
    line,
    passed:
      early.length === 0 &&
      naming !== undefined &&
      naming.afterSeconds <= targetSeconds &&
      victims.length === 0 &&
      (line !== undefined || !target.hasLine),
  }
}

function alertsOf(alertmanager: Alertmanager, job: string, from: number) {
  return alertmanager.notifications.slice(from).filter(({ labels }) => labels['job'] === job)
}

/** Remembers when each alert of the job arrived. */
function collectTimes(alertmanager: Alertmanager, job: string) {
  const arrived: { readonly at: number; readonly notification: Notified }[] = []
  let seen = alertmanager.notifications.length
  const look = (): void => {
    for (const notification of alertsOf(alertmanager, job, seen)) {
      arrived.push({ at: Date.now(), notification: { ...notification, afterSeconds: 0 } })
    }
    seen = alertmanager.notifications.length
  }
  const timer = setInterval(look, 100)
  return {
    stop(planted: number): Notified[] {
      clearInterval(timer)
      look()
      return arrived.map(({ at, notification }) => ({
        ...notification,
        afterSeconds: (at - planted) / 1000,
      }))
    },
  }
}

function describeResult(result: FaultResult): string {
  const { naming, first, victims, line, passed, others, early } = result
  const at = (alert: Notified | undefined): string =>
    alert === undefined ? 'none' : `${nameOf(alert)} ${alert.afterSeconds.toFixed(1)} s`
  return `  ${passed ? 'passed' : 'MISSED'}: first ${at(first)}; names the culprit: ${at(naming)}; victims: ${victims.map(nameOf).join(', ') || 'none'}; line: ${line ?? 'none'}; also: ${others.join(', ') || 'none'}; before the fault: ${early.join(', ') || 'none'}`
}

/** A number that depends on the characters of a text. */
function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7)
}
