import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordingRuleFile } from '../src/monitoring/rule-files.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'
import { toYaml } from '../src/monitoring/yaml.ts'
import { isInExample, panels } from '../test/monitoring/expressions.ts'
import { fillVariables } from '../test/monitoring/promql.ts'
import { freePort } from '../test/monitoring/stack/free-port.ts'
import { startProgram } from '../test/monitoring/stack/program.ts'
import { findTool } from '../test/monitoring/tools.ts'

// Runs the queries of all dashboards on a Prometheus that scrapes the example, and on a VictoriaMetrics
// that receives the same samples by remote write, and prints the differences: `npm run victoria-metrics`.

const seconds = Number(process.argv[2] ?? 150)
const prometheus = findTool('prometheus')
const victoria = findTool('victoria-metrics')
if (prometheus === undefined || victoria === undefined)
  throw new Error('expected prometheus and victoria-metrics on PATH, got neither or one')

interface Result {
  readonly error?: string
  /** Value by label set. */
  readonly values: ReadonlyMap<string, number>
}

async function query(address: string, expr: string, time: number): Promise<Result> {
  const body = new URLSearchParams({ query: expr, time: String(time) })
  const response = await fetch(`http://${address}/api/v1/query`, { method: 'POST', body })
  const { error, data } = (await response.json()) as {
    error?: string
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  const values = new Map<string, number>()
  for (const { metric, value } of data?.result ?? []) {
    const labels = Object.entries(metric).filter(([label]) => label !== '__name__')
    values.set(JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1))), Number(value[1]))
  }
  return { values, ...(error === undefined ? {} : { error }) }
}

/** The largest relative difference of two results; undefined if they have other series. */
function difference(one: Result, other: Result): number | undefined {
  if (one.values.size !== other.values.size) return undefined
  let largest = 0
  for (const [labels, value] of one.values) {
    const second = other.values.get(labels)
    if (second === undefined) return undefined
    if (Object.is(value, second)) continue
    const scale = Math.max(Math.abs(value), Math.abs(second))
    const relative = Math.abs(value - second) / scale
    largest = Math.max(largest, Number.isNaN(relative) ? 1 : relative)
  }
  return largest
}

const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-victoria-'))
const [port, prometheusPort, victoriaPort] = [await freePort(), await freePort(), await freePort()]
const example = spawn(process.execPath, ['--import', 'tsx', 'example/main.ts'], {
  env: { ...process.env, PORT: String(port) },
  stdio: 'ignore',
})
try {
  await writeFile(join(folder, 'rules.yml'), toYaml(recordingRuleFile(defaultSettings)).trimStart())
  await writeFile(
    join(folder, 'prometheus.yml'),
    [
      'global: { scrape_interval: 5s, evaluation_interval: 5s }',
      'rule_files: [rules.yml]',
      `scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]`,
      `remote_write: [{ url: 'http://127.0.0.1:${victoriaPort}/api/v1/write' }]`,
    ].join('\n'),
  )
  const victoriaAddress = `127.0.0.1:${victoriaPort}`
  await using second = await startProgram(
    victoria,
    [
      `-storageDataPath=${join(folder, 'victoria')}`,
      `-httpListenAddr=${victoriaAddress}`,
      // Without it, a query up to now leaves out the last 30 seconds.
      '-search.latencyOffset=0s',
    ],
    `http://${victoriaAddress}/health`,
  )
  const address = `127.0.0.1:${prometheusPort}`
  await using first = await startProgram(
    prometheus,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=${address}`,
    ],
    `http://${address}/-/ready`,
  )
  void [first, second]
  await sleep(seconds * 1000)
  const time = Math.floor(Date.now() / 1000) - 20
  const all = panels().filter(isInExample)
  const same: string[] = []
  for (const { place, expr } of all) {
    const filled = fillVariables(expr, '60s')
    const [one, other] = await Promise.all([
      query(address, filled, time),
      query(victoriaAddress, filled, time),
    ])
    const relative = difference(one, other)
    if (one.error === undefined && other.error === undefined && relative !== undefined) {
      if (relative < 0.001) {
        same.push(place)
        continue
      }
      console.log(`values differ by up to ${(relative * 100).toFixed(1)} %: ${place}\n  ${filled}`)
      continue
    }
    const count = (result: Result): string => result.error ?? `${result.values.size} series`
    console.log(`${place}: Prometheus ${count(one)}, VictoriaMetrics ${count(other)}\n  ${filled}`)
  }
  console.log(`${same.length} of ${all.length} queries have the same result within 0.1 %`)
} finally {
  example.kill()
  await once(example, 'exit')
  await rm(folder, { recursive: true, force: true })
}
