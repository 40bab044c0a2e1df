import * as promClient from 'prom-client'
import { metricsResponse } from '../../src/index.ts'
import { type MetricsLibrary, ourRegistry, registryOf } from '../exposition/registries.ts'
import { cpuMilliseconds, median, pairedRatio } from '../rounds.ts'

const accepts = {
  text: 'text/plain;version=0.0.4',
  OpenMetrics: 'application/openmetrics-text;version=1.0.0',
  protobuf:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
}

type Library = MetricsLibrary & Pick<typeof promClient, 'Gauge'>

/** A registry in which gauges replace the histograms. */
function gaugesOf(library: Library, lines: number): promClient.Registry {
  const registry = new library.Registry()
  const gauge = new library.Gauge({
    name: 'bench_level',
    help: 'Description.',
    labelNames: ['model', 'operation'],
    registers: [registry],
  })
  for (let at = 0; at < lines; at++) {
    gauge.set({ model: `Model${at % 60}`, operation: `operation${Math.floor(at / 60)}` }, at / 7)
  }
  return registry
}

/** CPU time of a body in each format, paired with text in the same rounds. */
export async function scrapeRows(lines: number, rounds: number): Promise<string[][]> {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const libraries: [string, Library][] = [['prom-client', promClient]]
  if (major >= 22) {
    const successor: unknown = await import('@prometheus-io/client')
    libraries.push(['@prometheus-io/client', successor as Library])
  }
  const registries: [string, promClient.Registry][] = [
    ['our metrics', ourRegistry(lines)],
    ...libraries.flatMap(([name, library]): [string, promClient.Registry][] => [
      [`histograms and counters of ${name}`, registryOf(library, lines)],
      [`gauges of ${name}`, gaugesOf(library, lines)],
    ]),
  ]
  const rows: string[][] = []
  for (const [name, registry] of registries) {
    rows.push(...(await rowsOf(name, registry, rounds)))
  }
  return rows
}

async function rowsOf(
  name: string,
  registry: promClient.Registry,
  rounds: number,
): Promise<string[][]> {
  const options = { registry, histograms: 'both', compression: false } as const
  const formats = Object.entries(accepts)
  const times = new Map(formats.map(([format]) => [format, [] as number[]]))
  const bytes = new Map<string, number>()
  for (let round = -5; round < rounds; round++) {
    for (let turn = 0; turn < formats.length; turn++) {
      const [format, accept] = formats[(turn + round + 6) % formats.length] as [string, string]
      const request = new Request('http://127.0.0.1/metrics', { headers: { accept } })
      const began = cpuMilliseconds()
      const { headers } = await metricsResponse(request, options)
      const milliseconds = cpuMilliseconds() - began
      bytes.set(format, Number(headers.get('content-length')))
      if (round >= 0) times.get(format)?.push(milliseconds)
    }
  }
  const text = times.get('text') ?? []
  return formats.map(([format]) => [
    name,
    format,
    ((bytes.get(format) ?? 0) / 1e6).toFixed(2),
    median(times.get(format) ?? []).toFixed(1),
    pairedRatio(times.get(format) ?? [], text).toFixed(2),
  ])
}
