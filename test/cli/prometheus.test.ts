import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Format, parseScrape } from '../../src/check/parse.ts'
import { projectRoot } from '../docs/pages.ts'
import { freePort } from '../monitoring/stack/free-port.ts'
import { startProgram } from '../monitoring/stack/program.ts'
import { findTool } from '../monitoring/tools.ts'

const prometheus = findTool('prometheus')

interface Case {
  readonly name: string
  readonly format: Format
  readonly body: Buffer
}

const textBodies = [
  'a 1\n',
  'a 1',
  'a 1\r\n',
  'a\t1\n',
  ' a 1 \n',
  'a-1\n',
  'a{}1\n',
  'a{b="1"c="2"} 1\n',
  'a{b="1",} 1\n',
  'a{,b="1"} 1\n',
  'a { b = "1" , c = "2" } 1 5\n',
  'a{b="1",b="2"} 1\n',
  'a{b="x\ny"} 1\n',
  'a{b="x\ry"} 1\n',
  'a{b="\\x\\n\\""} 1\n',
  'a{b="\xff"} 1\n',
  'a{b="\x00"} 1\n',
  'a{b="1} 1\n',
  'a{__proto__="1"} 1\n',
  'a 0x10\n',
  'a 1_000\n',
  'a .5\n',
  'a 5.\n',
  'a 1e999\n',
  'a +Inf\n',
  'a -infinity\n',
  'a nan\n',
  'a +NaN\n',
  'a 1 -5\n',
  'a 1 5.5\n',
  'a 1 99999999999999999999\n',
  'a 1 5 6\n',
  'a one\n',
  'a\n',
  '1a 1\n',
  '\n\n \t\na 1\n',
  '# TYPE a counter\na 1\n',
  '# TYPE a counter \na 1\n',
  '# TYPE a  counter\na 1\n',
  '# TYPE a counter\r\na 1\n',
  '# TYPE a unknown\na 1\n',
  '# TYPE a meter\na 1\n',
  '# TYPE a\na 1\n',
  '# TYPE\na 1\n',
  '# TYPE 1a counter\na 1\n',
  '# HELP a \xff\na 1\n',
  '# HELP a\na 1\n',
  '# HELP a x\n# HELP a y\na 1\n',
  '# anything \xff\na 1\n',
  '#\na 1\n',
  '# EOF\na 1\n',
  'a 1\n# TYPE a gauge\n',
  'a 1\na 2\n',
]

/** Parser cases of others; beside the repository, or where PARSER_CASES says. */
const others = process.env['PARSER_CASES'] ?? join(projectRoot, '..', 'shared', 'data')
if (!existsSync(others)) console.log(`Skipped: no parser cases in ${others} (PARSER_CASES)`)

function filesOf(folder: string, file: (name: string) => string, format: Format): Case[] {
  const path = join(others, folder)
  if (!existsSync(path)) return []
  return readdirSync(path).map((name) => ({
    name: `${folder}/${name}`,
    format,
    body: readFileSync(join(path, file(name))),
  }))
}

const openMetricsCases = filesOf(
  'openmetrics-parsers',
  (name) => join(name, 'metrics'),
  'openmetrics',
)

const cases: readonly Case[] = [
  ...textBodies.map((text) => ({
    name: JSON.stringify(text),
    format: 'text' as const,
    body: Buffer.from(text, 'latin1'),
  })),
  ...filesOf('expfmt-corpus', (name) => name, 'text'),
  ...openMetricsCases,
]

const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** What a Prometheus of this machine says of each body's scrape: '' if it accepts it. */
async function scrapeErrors(file: string): Promise<string[]> {
  const server = createServer(({ url = '' }, response) => {
    const { format, body } = cases[Number(url.slice(1))] as Case
    response.setHeader('content-type', contentTypes[format]).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-scrapes-'))
  const jobs = cases.map((_, index) => ({
    job_name: String(index),
    metrics_path: `/${index}`,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }))
  const config = {
    global: { scrape_interval: '5s', scrape_timeout: '5s' },
    scrape_configs: jobs,
  }
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))
  const address = `http://127.0.0.1:${await freePort()}`
  const program = await startProgram(
    file,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(address).host}`,
    ],
    `${address}/-/ready`,
  )
  try {
    for (;;) {
      const response = await fetch(`${address}/api/v1/targets`)
      const { data } = (await response.json()) as {
        data: { activeTargets: { scrapePool: string; health: string; lastError: string }[] }
      }
      const scraped = data.activeTargets.filter(({ health }) => health !== 'unknown')
      if (scraped.length === cases.length) {
        const byJob = new Map(scraped.map((target) => [target.scrapePool, target.lastError]))
        return cases.map((_, index) => byJob.get(String(index)) ?? '')
      }
      await sleep(200)
    }
  } finally {
    await program[Symbol.asyncDispose]()
    server.close()
    server.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  }
}

test.skipIf(prometheus === undefined)(
  'rejects exactly the bodies that Prometheus rejects',
  { timeout: 180_000 },
  async () => {
    const errors = await scrapeErrors(prometheus as string)
    const differences = cases.flatMap(({ name, format, body }, index) => {
      const refused = parseScrape(body, format).errors
      return refused.length > 0 === (errors[index] !== '')
        ? []
        : [
            `${name}: Prometheus: ${errors[index] || 'accepted'}; check: ${refused.join() || 'accepted'}`,
          ]
    })
    expect(differences).toEqual([])
    expect(errors.filter((error) => error !== '').length).toBeGreaterThan(20)
  },
)

test.skipIf(openMetricsCases.length === 0)(
  'accepts every body that the OpenMetrics project accepts',
  () => {
    const refused = openMetricsCases.flatMap(({ name, body }) => {
      const verdict = readFileSync(join(others, name, 'test.json'), 'utf8')
      const { shouldParse } = JSON.parse(verdict) as { shouldParse: boolean }
      const { errors } = parseScrape(body, 'openmetrics')
      return shouldParse && errors.length > 0 ? [`${name}: ${errors.join()}`] : []
    })
    expect(refused).toEqual([])
  },
)
