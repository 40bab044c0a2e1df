import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { services } from '../../scripts/metric-reference.ts'
import { exposeMetrics } from '../../src/index.ts'
import { startPrometheus } from '../../test/exposition/endpoint/prometheus.ts'
import { machine } from '../machine.ts'
import { fillService } from '../native/server.ts'
import { table } from '../table.ts'

// Prints what a Prometheus needs for many processes of the middle service, as Markdown, from the two larger
// numbers of simulated targets: `npm run bench:scale`, with `prometheus` on PATH. It takes ten minutes.

const intervalSeconds = 15
const scrapes = 6
const measuredPods = [1, 20, 40] as const
const plannedPods = [100, 1000]
const middle = 1

interface Measured {
  /** Series in the head of the Prometheus, its own included. */
  readonly series: number
  /** Of one target. */
  readonly seriesOfPod: number
  /** The highest resident memory, in bytes. */
  readonly memory: number
  /** Of one scrape, before the server's gzip. */
  readonly bytes: number
  readonly compressed: number
}

/** Starts a Prometheus that scrapes that many simulated processes, and reads its memory. */
async function measure(form: 'classic' | 'native', pods: number): Promise<Measured> {
  const registry = new Registry()
  fillService(registry, form, middle)
  const listener = exposeMetrics(undefined, { registry, histograms: form })
  const servers = await Promise.all(
    Array.from({ length: pods }, async () => {
      const server = createServer(listener)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const targets = servers.map((server, pod) => {
    const { port } = server.address() as AddressInfo
    return [`pod-${pod}`, `http://127.0.0.1:${port}/metrics`] as const
  })
  const url = targets[0]?.[1] as string
  const bytes = await lengthOf(url, form, 'identity')
  const compressed = await lengthOf(url, form, 'gzip')
  await using prometheus = await startPrometheus(
    'prometheus',
    Object.fromEntries(targets),
    'native-histograms',
    `${intervalSeconds}s`,
  )
  const valueOf = async (expression: string): Promise<number> =>
    Number((await prometheus.query(expression))[0]?.value[1])
  while ((await valueOf('count(up == 1)')) < pods + 1) await sleep(1000)
  await sleep(scrapes * intervalSeconds * 1000)
  const measured = {
    series: await valueOf('prometheus_tsdb_head_series'),
    seriesOfPod: await valueOf('count({job="pod-0"})'),
    memory: await valueOf(
      `max_over_time(process_resident_memory_bytes{job="itself"}[${scrapes * intervalSeconds}s])`,
    ),
    bytes,
    compressed,
  }
  for (const server of servers) server.closeAllConnections()
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return measured
}

async function lengthOf(url: string, form: 'classic' | 'native', coding: string): Promise<number> {
  const accept =
    form === 'classic'
      ? 'text/plain;version=0.0.4'
      : 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
  const headers = { accept, 'accept-encoding': coding }
  const response = await fetch(url, { headers })
  await response.arrayBuffer()
  return Number(response.headers.get('content-length'))
}

const integer = (value: number): string => Math.round(value).toLocaleString('en')
const mebibytes = (bytes: number): string => integer(bytes / 2 ** 20)

console.log(machine())

const measuredRows: string[][] = []
const plannedRows: string[][] = []
for (const form of ['classic', 'native'] as const) {
  const runs: Measured[] = []
  for (const pods of measuredPods) {
    const run = await measure(form, pods)
    runs.push(run)
    measuredRows.push([form, String(pods), integer(run.series), mebibytes(run.memory)])
  }
  const [, few, many] = runs as [Measured, Measured, Measured]
  const [, fewPods, manyPods] = measuredPods
  const memoryOfPod = (many.memory - few.memory) / (manyPods - fewPods)
  const memoryOfServer = many.memory - manyPods * memoryOfPod
  for (const pods of plannedPods) {
    plannedRows.push([
      `${integer(pods)}, ${form}`,
      integer(pods * many.seriesOfPod),
      integer((pods * many.seriesOfPod) / intervalSeconds),
      `${integer(many.bytes / 1000)} (${integer(many.compressed / 1000)})`,
      ((pods * many.compressed) / intervalSeconds / 1e6).toFixed(2),
      mebibytes(memoryOfServer + pods * memoryOfPod),
    ])
  }
  const kibibytes = memoryOfPod / many.seriesOfPod / 1024
  console.log(`${form}: ${kibibytes.toFixed(1)} KiB per series\n`)
}
console.log(`## Measured: ${services[middle]?.name ?? ''}\n`)
console.log(table(['', 'targets', 'series in the head', 'memory, MiB'], measuredRows), '\n')
console.log(`## Calculated, scrapes every ${intervalSeconds} s\n`)
console.log(
  table(
    [
      'pods',
      'series',
      'samples per second',
      'kB per scrape (gzip)',
      'MB per second, gzip',
      'memory, MiB',
    ],
    plannedRows,
  ),
)
