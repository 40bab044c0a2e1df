import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Histogram, Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { InstantAdapter } from '../../bench/instant-adapter.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import { freePort } from '../monitoring/stack/free-port.ts'
import { startProgram } from '../monitoring/stack/program.ts'
import { findTool } from '../monitoring/tools.ts'
import { runCommand } from './run-command.ts'

const prometheus = findTool('prometheus')
const promtool = findTool('promtool')

const registry = new Registry()
const server = createServer(
  exposeMetrics((_request, response) => void response.end(), {
    registry,
    route: (request) => request.url,
  }),
)
let host: string
let url: string

beforeAll(async () => {
  const metrics = prismaMetrics({
    registry,
    migrations: false,
    maxSeries: 500,
    eventLoopDelay: false,
  })
  const prisma = metrics.instrument(
    new PrismaClient({ adapter: metrics.adapter(new InstantAdapter()) }),
  )
  await metrics.scope('import', async () => {
    // The adapter answers with a row of Tag: other operations fail, and are counted too.
    const { tag, alert, workspace, jobRun } = prisma
    await Promise.allSettled([tag.findMany(), tag.count(), alert.findMany(), alert.count()])
    await Promise.allSettled([
      workspace.findMany(),
      workspace.count(),
      jobRun.findMany(),
      jobRun.count(),
    ])
  })
  const own = new Counter({
    name: 'shop_orders_total',
    help: 'Orders.',
    labelNames: ['customer'],
    registers: [registry],
  })
  for (let customer = 0; customer < 40; customer++) own.inc({ customer: `c${customer}` })
  const seconds = new Histogram({
    name: 'shop_order_seconds',
    help: 'Duration of orders.',
    labelNames: ['kind'],
    buckets: [0.5, 1, 1e21],
    registers: [registry],
  })
  for (let kind = 0; kind < 10; kind++) seconds.observe({ kind }, 1)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  host = `127.0.0.1:${(server.address() as { port: number }).port}`
  url = `http://${host}/metrics`
  for (let route = 0; route < 5; route++) await fetch(`http://${host}/route-${route}`)
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
})

interface Json {
  readonly series: number
  readonly findings: readonly { readonly code: string; readonly text: string }[]
  readonly budget: {
    readonly series: number
    readonly bound: number
    readonly remaining: number
    readonly metrics: readonly {
      readonly name: string
      readonly series: number
      readonly bound?: number
      readonly reduceFirst: readonly string[]
      readonly option?: string
      readonly relabel: string
      readonly remaining: number
    }[]
  }
}

async function budgetOf(...args: readonly string[]): Promise<{ code: number; report: Json }> {
  const { code, out, error } = await runCommand('check', url, '--json', ...args)
  expect(error).toBe('')
  return { code, report: JSON.parse(out) as Json }
}

test('exits with 1 over the budget, and with 0 within it', async () => {
  const { code, report } = await budgetOf(
    '--budget',
    '300',
    '--pods',
    '40',
    '--ignore',
    'identifiers',
  )
  expect(code).toBe(1)
  const { series } = report
  expect(report.budget.series).toBe(series)
  expect(report.findings).toContainEqual(
    expect.objectContaining({
      code: 'over-budget',
      text: `${series} series per process, ${series * 40} of 40 pods: expected at most 300, 12000 of 40 pods`,
    }),
  )
  // The scrape before added nothing: the same series are within a budget of as many.
  const within = await budgetOf('--budget', String(series), '--ignore', 'identifiers')
  expect(within.code).toBe(0)
  expect(within.report.findings.map((finding) => finding.code)).toContain('bound-over-budget')
  const over = await budgetOf('--budget', String(series - 1), '--ignore', 'identifiers')
  expect(over.code).toBe(1)
})

test('reports the bound, the labels to reduce and the option of each metric', async () => {
  const { report } = await budgetOf('--budget', '100000')
  const of = (name: string) => report.budget.metrics.find((metric) => metric.name === name)
  expect(of('prisma_operation_duration_seconds')).toMatchObject({
    series: 8 * 17,
    bound: 501 * 17,
    option: "prismaMetrics({ detail: 'low' })",
    remaining: 8 * 4,
  })
  expect(of('prisma_operation_duration_seconds')?.reduceFirst.slice(0, 2)).toEqual(['le', 'model'])
  expect(of('http_server_request_duration_seconds')).toMatchObject({
    series: 5 * 17,
    option: "exposeMetrics(app, { detail: 'low' })",
    remaining: 5 * 3,
  })
  expect(of('http_server_request_duration_seconds')).not.toHaveProperty('bound')
  expect(of('shop_orders_total')).toMatchObject({
    series: 40,
    reduceFirst: ['customer'],
    remaining: 0,
  })
  expect(of('shop_orders_total')).not.toHaveProperty('option')
})

test('prints what to paste as the real command', async () => {
  const args = [
    '--import',
    'tsx',
    'src/cli/main.ts',
    'check',
    url,
    '--budget',
    '300',
    '--pods',
    '2',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const [code] = await once(child, 'close')
  expect(code).toBe(1)
  expect(out).toMatch(/^budget 300 series per process, 2 pods: \d+ of 600$/m)
  expect(out).toMatch(/^ {2}prisma_operation_duration_seconds +136 +272 +8517 {2}le, model$/m)
  expect(out).toContain("option: prismaMetrics({ detail: 'low' })")
  expect(out).toContain('- source_labels: [__name__, le]\n  regex: ')
})

test.runIf(prometheus && promtool)(
  'suggests entries with which a real Prometheus stores the series that are reported',
  async () => {
    const { report } = await budgetOf('--budget', '120')
    const { metrics, remaining, series } = report.budget
    expect(metrics.length).toBeGreaterThan(5)
    const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-budget-'))
    try {
      const file = join(folder, 'prometheus.yml')
      const job = (name: string, entries: string): string =>
        [
          `  - job_name: ${name}`,
          `    scrape_interval: 1s\n    static_configs:\n      - targets: ['${host}']`,
          entries === ''
            ? ''
            : `    metric_relabel_configs:\n${entries.replaceAll(/^/gm, '      ')}`,
        ].join('\n')
      const entries = metrics.map(({ relabel }) => relabel).join('\n')
      writeFileSync(file, `scrape_configs:\n${job('all', '')}\n${job('reduced', entries)}\n`)
      execFileSync(promtool as string, ['check', 'config', file], { stdio: 'pipe' })

      const address = `127.0.0.1:${await freePort()}`
      await using program = await startProgram(
        prometheus as string,
        [
          `--config.file=${file}`,
          `--storage.tsdb.path=${join(folder, 'data')}`,
          `--web.listen-address=${address}`,
          '--log.level=warn',
        ],
        `http://${address}/-/ready`,
      )
      expect(program).toBeDefined()
      const stored = async (query: string): Promise<number> => {
        const response = await fetch(
          `http://${address}/api/v1/query?query=${encodeURIComponent(query)}`,
        )
        const { data } = (await response.json()) as {
          data: { result: { value: [number, string] }[] }
        }
        return Number(data.result[0]?.value[1] ?? 0)
      }
      const exposed = '__name__!~"up|scrape_.*"'
      while ((await stored(`count({job="reduced",${exposed}})`)) === 0) await sleep(100)
      while ((await stored(`count({job="all",${exposed}})`)) === 0) await sleep(100)
      expect(await stored(`count({job="all",${exposed}})`)).toBe(series)
      expect(await stored(`count({job="reduced",${exposed}})`)).toBe(remaining)
      for (const { name, remaining: left } of metrics) {
        const query = `count({job="reduced",__name__=~"${name}(_bucket|_sum|_count)?"})`
        expect(await stored(query), name).toBe(left)
      }
      // The latency objective needs this bucket.
      const bucket = 'prisma_operation_duration_seconds_bucket'
      expect(await stored(`count(${bucket}{job="reduced",le="0.25"})`)).toBe(8)
      expect(await stored(`count(${bucket}{job="reduced",le="0.5"})`)).toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  30_000,
)

test.each([
  [['--budget', '0'], '--budget: expected a whole number of at least 1, got "0"'],
  [['--budget', '-1'], '--budget'],
  [['--budget', '1.5'], '--budget: expected a whole number of at least 1, got "1.5"'],
  [['--budget', '1e999'], '--budget: expected a whole number of at least 1, got "1e999"'],
  [['--budget', ''], '--budget: expected a whole number of at least 1, got ""'],
  [['--budget', '99999999999999999999'], '--budget: expected a whole number of at least 1'],
  [['--budget', '10', '--pods', '0'], '--pods: expected a whole number of at least 1, got "0"'],
  [['--pods', '3'], '--pods: expected --budget N too, got only the number of pods'],
] as const)('refuses %j', async (args, message) => {
  const { code, error } = await runCommand('check', 'http://127.0.0.1:9/metrics', ...args)
  expect(code).toBe(2)
  expect(error).toContain(message)
})
