import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as promClient from 'prom-client'
import { metricsResponse } from '../../src/index.ts'
import { labelNames, labelsOf, type MetricsLibrary } from './registries.ts'
import { timed, type Timed } from './stall.ts'

const kinds = ['counter', 'gauge', 'histogram', 'summary', 'collector'] as const
type Kind = (typeof kinds)[number]

export interface KindStalls {
  readonly library: string
  readonly kind: string
  readonly scrapes: readonly Timed[]
}

const [major = 0] = process.versions.node.split('.').map(Number)

/** The stalls of scrapes of one family with that many lines, by library and kind, each in its own process. */
export async function measureKinds(lines: number, rounds: number): Promise<KindStalls[]> {
  const measured: KindStalls[] = []
  const libraries = ['prom-client', ...(major >= 22 ? ['@prometheus-io/client'] : [])]
  for (const library of libraries) {
    for (const kind of kinds) {
      const settings = [library, kind, String(lines), String(rounds)]
      const child = fork(fileURLToPath(import.meta.url), settings)
      const [scrapes] = (await once(child, 'message')) as [Timed[]]
      await once(child, 'exit')
      measured.push({ library, kind, scrapes })
    }
  }
  return measured
}

function record(library: MetricsLibrary, kind: Kind, lines: number): promClient.Registry {
  const registry = new library.Registry()
  const declared = { name: 'bench', help: 'h', labelNames, registers: [registry] }
  if (kind === 'counter') {
    const counter = new library.Counter({ ...declared, name: 'bench_total' })
    for (let at = 0; at < lines; at++) counter.inc(labelsOf(at), at)
  } else if (kind === 'histogram') {
    const histogram = new library.Histogram(declared)
    // Eleven buckets, +Inf, sum and count.
    for (let at = 0; at < lines / 14; at++) histogram.observe(labelsOf(at), at % 11)
  } else if (kind === 'summary') {
    const summary = new library.Summary(declared)
    // Seven quantiles, sum and count.
    for (let at = 0; at < lines / 9; at++) summary.observe(labelsOf(at), at % 11)
  } else {
    const collector = kind === 'collector' ? { collect: (): void => {} } : {}
    const gauge = new library.Gauge({ ...declared, ...collector })
    for (let at = 0; at < lines; at++) gauge.set(labelsOf(at), at)
  }
  return registry
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = '', kind = '', lines, rounds] = process.argv.slice(2)
  const library: unknown = name === 'prom-client' ? promClient : await import(name)
  const registry = record(library as MetricsLibrary, kind as Kind, Number(lines))
  const scrapes: Timed[] = []
  for (let round = -3; round < Number(rounds); round++) {
    const request = new Request('http://127.0.0.1/metrics')
    const scrape = await timed(() => metricsResponse(request, { registry, compression: false }))
    if (round >= 0) scrapes.push(scrape)
  }
  process.send(scrapes)
  process.disconnect()
}
