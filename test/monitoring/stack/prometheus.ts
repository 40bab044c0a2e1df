import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import {
  alertRuleFile,
  recordingRuleFile,
  type RuleFile,
} from '../../../src/monitoring/rule-files.ts'
import type { MonitoringSettings } from '../../../src/monitoring/settings.ts'
import { toYaml } from '../../../src/monitoring/yaml.ts'
import { freePort } from './free-port.ts'
import { writeHistory } from './history.ts'
import { startProgram } from './program.ts'
import { withShortTimes } from './shortened.ts'

export interface SeriesValue {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

export interface Prometheus {
  /** @throws with Prometheus's error message if it rejects the query. */
  query(expr: string): Promise<SeriesValue[]>
  queryRange(
    expr: string,
    range: { start: number; end: number; step: number },
  ): Promise<SeriesValue[]>
  /** Scrapes a target from now on, under the name of a job. */
  scrape(job: string, target: string): Promise<void>
  /** Errors of the last scrape of each target; empty if all succeeded. */
  scrapeErrors(): Promise<string[]>
  [Symbol.asyncDispose](): Promise<void>
}

interface Wiring {
  /** Writes old samples before Prometheus starts. */
  readonly promtool?: string
  /** Targets of the job `shop`. */
  readonly targets: readonly string[]
  readonly alertmanager: string
  readonly settings: MonitoringSettings
  /** The divisor of the windows and `for` of the shipped rules. */
  readonly divisors: { readonly windows: number; readonly for: number }
}

/** A Prometheus that scrapes every second, with the rules of the settings. */
export async function startPrometheus(file: string, wiring: Wiring): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-prometheus-'))
  const ruleText = (rules: RuleFile): string =>
    toYaml(withShortTimes(rules, wiring.divisors)).trimStart()
  await writeFile(join(folder, 'rules.yml'), ruleText(recordingRuleFile(wiring.settings)))
  await writeFile(join(folder, 'alerts.yml'), ruleText(alertRuleFile(wiring.settings)))
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml', 'alerts.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [wiring.alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: 'shop',
        static_configs: [{ targets: wiring.targets }],
        file_sd_configs: [{ files: ['targets.json'], refresh_interval: '1s' }],
      },
    ],
  }
  const added: { readonly targets: readonly string[]; readonly labels: { job: string } }[] = []
  const writeTargets = (): Promise<void> =>
    writeFile(join(folder, 'targets.json'), JSON.stringify(added))
  await writeTargets()
  await writeFile(join(folder, 'prometheus.yml'), stringify(config))
  if (wiring.promtool !== undefined) writeHistory(wiring.promtool, join(folder, 'data'))
  const address = `127.0.0.1:${await freePort()}`
  const program = await startProgram(
    file,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    `http://${address}/-/ready`,
  )

  async function ask<Data>(path: string, parameters: Record<string, string>): Promise<Data> {
    const body = new URLSearchParams(parameters)
    const response = await fetch(`http://${address}/api/v1/${path}`, { method: 'POST', body })
    const answer = (await response.json()) as { data: Data; error?: string }
    if (answer.error !== undefined) throw new Error(`${answer.error}: ${parameters['query']}`)
    return answer.data
  }
  return {
    async query(expr) {
      const { result } = await ask<{ result: SeriesValue[] }>('query', { query: expr })
      return result
    },
    async queryRange(expr, { start, end, step }) {
      const range = { start: String(start), end: String(end), step: String(step) }
      const { result } = await ask<{ result: SeriesValue[] }>('query_range', {
        query: expr,
        ...range,
      })
      return result
    },
    scrape(job, target) {
      added.push({ targets: [target], labels: { job } })
      return writeTargets()
    },
    async scrapeErrors() {
      const response = await fetch(`http://${address}/api/v1/targets`)
      const { data } = (await response.json()) as {
        data: { activeTargets: { scrapeUrl: string; lastError: string }[] }
      }
      return data.activeTargets
        .filter(({ lastError }) => lastError !== '')
        .map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`)
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
