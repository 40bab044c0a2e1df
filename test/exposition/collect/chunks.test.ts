import * as zlib from 'node:zlib'
import { type Metric, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { ourRegistry } from '../../../bench/exposition/registries.ts'
import { parseScrape } from '../../../src/check/parse.ts'
import { metricsResponse } from '../../../src/index.ts'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { HistogramFamily } from '../../../src/metrics/histogram.ts'

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (content: Buffer) => Buffer }

async function bodyOf(registry: Registry, accept = 'text/plain'): Promise<string> {
  const request = new Request('http://x/metrics', { headers: { accept } })
  return (await metricsResponse(request, { registry, onError: () => {} })).text()
}

/** Values by series. */
function valuesOf(body: string): Map<string, number> {
  const { families, errors } = parseScrape(body)
  expect(errors).toEqual([])
  const samples = [...families.values()].flatMap((family) => family.samples)
  return new Map(
    samples.map(({ name, labels, value }) => [
      `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`,
      value,
    ]),
  )
}

const declared = { help: 'Of long labels.', labelNames: ['label'], aggregator: 'sum' } as const
// Longer than a chunk, and of characters that a cut would be seen in.
const long = ['x', 'é', '🙂', '\ud800'].map((char) => char.repeat(100_000))

test('writes a body of many chunks equal to that of prom-client', async () => {
  const registry = ourRegistry(20_000)
  const counter = new CounterFamily({ ...declared, name: 'long_total', type: 'counter' })
  const histogram = new HistogramFamily({ ...declared, name: 'long', type: 'histogram' }, [1, 2])
  for (const [index, label] of [...long, 'short', ''].entries()) {
    counter.with([label]).inc(10 ** index)
    for (let observed = 0; observed < 11; observed++) histogram.with([label]).observe(observed / 3)
  }
  for (const count of [9, 10, 11, 99, 100, 101, 999_999, 1_000_000, Number.MAX_SAFE_INTEGER]) {
    histogram.with([`${count}`]).counts[0] = count
  }
  registry.registerMetric(counter as never)
  registry.registerMetric(histogram as never)
  const expected = valuesOf((await registry.metrics()).replaceAll('\ud800', '\ufffd'))
  const values = valuesOf(await bodyOf(registry))
  for (const key of values.keys()) if (key.startsWith('prisma_exposition_')) values.delete(key)
  expect(values.size).toBeGreaterThan(20_000)
  expect(values).toEqual(expected)
})

test('writes exemplars on their samples in every chunking', async () => {
  const registry = new Registry()
  const histogram = new HistogramFamily({ ...declared, name: 'long', type: 'histogram' }, [1, 2])
  for (let index = 0; index < 2000; index++) {
    const series = histogram.with([`${index}`])
    series.exemplars = []
    const at = series.observe(index % 3)
    series.exemplars[at] = { labelSet: { trace_id: `é${index}` }, value: index % 3, timestamp: 1 }
  }
  registry.registerMetric(histogram as never)
  const body = await bodyOf(registry, 'application/openmetrics-text;version=1.0.0')
  const found = body.matchAll(/label="(\d+)",le="(.*?)"\} 1 # \{trace_id="é(\d+)"\} (\d) 1$/gm)
  const seen = Array.from(found, ([, label, le, trace, value]) => [label, le, trace, value])
  const bounds = ['1.0', '1.0', '2.0']
  expect(seen).toEqual(
    Array.from({ length: 2000 }, (_, index) => {
      return [`${index}`, bounds[index % 3], `${index}`, `${index % 3}`]
    }),
  )
})

test.for(['gzip', 'br', 'zstd'] as const)(
  'compresses chunks without changing the body: %s',
  async (coding, { skip }) => {
    const decode = {
      gzip: zlib.gunzipSync,
      br: zlib.brotliDecompressSync,
      zstd: zstdDecompressSync,
    }[coding]
    skip(decode === undefined, `no ${coding} in Node ${process.version}`)
    // Many families of several chunks each: chunks of one are written over for another.
    const registry = ourRegistry(80_000)
    const headers = { 'accept-encoding': coding }
    const options = { registry, compression: [coding] }
    const response = await metricsResponse(new Request('http://x/metrics', { headers }), options)
    expect(response.headers.get('content-encoding')).toBe(coding)
    const body = decode?.(Buffer.from(await response.arrayBuffer())).toString() ?? ''
    const bench = (text: string): string => text.slice(0, text.indexOf('# HELP prisma_'))
    const plain = await bodyOf(registry)
    expect(bench(body) === bench(plain)).toBe(true)
    expect(bench(plain).length).toBeGreaterThan(5_000_000)
  },
)

test('writes no part of a family that fails after many chunks', async () => {
  const registry = ourRegistry(2000)
  const before = await bodyOf(registry)
  const values: object[] = long.map((label) => ({ labels: { label }, value: 1 }))
  const failing = {
    name: 'failing',
    help: 'Fails at its end.',
    type: 'gauge',
    aggregator: 'sum',
    get: () => ({ ...failing, values: [...values, { labels: {}, value: Symbol('none') }] }),
  }
  registry.registerMetric(failing as unknown as Metric)
  const counter = new CounterFamily({ ...declared, name: 'after_total', type: 'counter' })
  counter.with(['']).inc(7)
  registry.registerMetric(counter as never)
  const after = await bodyOf(registry)
  expect(after).not.toContain('failing')
  expect(after).toContain('after_total{label=""} 7\n')
  const bench = (body: string): string[] => body.split('\n').filter((line) => /bench_/.test(line))
  expect(bench(after)).toEqual(bench(before))
  expect(await bodyOf(registry)).toContain('collect_errors_total{metric="failing"} 1\n')
})
