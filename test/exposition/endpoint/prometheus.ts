import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/serve.ts'

/** One series of an answer: its value now, or all of a range. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
  /** Of a native histogram, instead of `value`. A bucket is its rule, its two bounds and its count. */
  readonly histogram?: readonly [
    time: number,
    values: {
      readonly count: string
      readonly sum: string
      readonly buckets?: readonly (readonly [number, string, string, string])[]
    },
  ]
  readonly values: readonly (readonly [time: number, value: string])[]
}

export interface Prometheus extends AsyncDisposable {
  query(expression: string): Promise<Series[]>
  /** The answer's `data`. */
  get<T>(path: string, parameters: Record<string, string>): Promise<T>
}

/** A Prometheus on the loopback that scrapes the targets, by job. */
export async function startPrometheus(
  program: string,
  targets: Readonly<Record<string, string>>,
  features = 'exemplar-storage',
  interval = '1s',
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-'))
  const port = await freePort()
  const jobs = Object.entries(targets).map(([job, url]) => ({
    job_name: job,
    honor_labels: true,
    static_configs: [{ targets: [new URL(url).host] }],
    metrics_path: new URL(url).pathname,
  }))
  const configuration = {
    global: { scrape_interval: interval, scrape_timeout: interval },
    scrape_configs: [
      ...jobs,
      { job_name: 'itself', static_configs: [{ targets: [`127.0.0.1:${port}`] }] },
    ],
  }
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration))
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--enable-feature=${features}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for (let attempt = 0; ; attempt++) {
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined)
    if (ready?.status === 200) break
    if (attempt === 200 || child.exitCode !== null) throw new Error(`Prometheus: ${log}`)
    await sleep(100)
  }
  async function get<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const query = new URLSearchParams(parameters)
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${query.toString()}`)
    const { data, error } = (await response.json()) as { data: T; error?: string }
    if (error !== undefined) throw new Error(error)
    return data
  }
  return {
    get,
    query: async (expression) =>
      (await get<{ result: Series[] }>('query', { query: expression })).result,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What it counts of samples it did not take, and of scrapes it could not read. */
export const complaints =
  '{__name__=~"prometheus_target_scrapes_.+_total|prometheus_target_sync_failed_total"} > 0'
