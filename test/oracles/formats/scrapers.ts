import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/serve.ts'

/** One series that a server has stored: its labels, and its value as the server writes it. */
export interface StoredSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
}

/** A server that scrapes targets and answers PromQL. */
export interface Scraper extends AsyncDisposable {
  query(expression: string): Promise<StoredSeries[]>
}

const programs = {
  prometheus: (folder: string, config: string, port: number) => [
    `--config.file=${config}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ],
  'victoria-metrics': (folder: string, config: string, port: number) => [
    `-promscrape.config=${config}`,
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=1d',
    '-search.latencyOffset=0s',
  ],
} as const

/** Starts a server that scrapes each target as a job of its name. */
export async function startScraper(
  name: keyof typeof programs,
  path: string,
  targets: Readonly<Record<string, string>>,
): Promise<Scraper> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-'))
  const config = join(folder, 'scrape.yml')
  const port = await freePort()
  const jobs = Object.entries(targets).map(([job, url]) => ({
    job_name: job,
    honor_labels: true,
    static_configs: [{ targets: [new URL(url).host] }],
    metrics_path: new URL(url).pathname,
  }))
  // JSON is YAML.
  const content = { global: { scrape_interval: '2s', scrape_timeout: '2s' }, scrape_configs: jobs }
  await writeFile(config, JSON.stringify(content))
  const child = spawn(path, programs[name](folder, config, port), {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; ; attempt++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (ready?.ok === true) break
    if (attempt === 200 || child.exitCode !== null) throw new Error(`${name}: ${log}`)
    await sleep(100)
  }
  return {
    async query(expression) {
      const query = new URLSearchParams({ query: expression })
      const response = await fetch(`${url}/api/v1/query?${query.toString()}`)
      const answer = (await response.json()) as {
        data: { result: StoredSeries[] }
        error?: string
      }
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer.data.result
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
