import fc from 'fast-check'
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client'
import { afterAll, expect, test } from 'vitest'
import { metricsResponse } from '../../../src/index.ts'
import { findPython, startParsers } from './python-parsers.ts'

const types = { counter: Counter, gauge: Gauge, histogram: Histogram, summary: Summary } as const
type Type = keyof typeof types

const suffixes = ['', '_total', '_count', '_sum', '_bucket', '_created', '_info', '_gcount']
const names = suffixes.flatMap((one) => suffixes.map((other) => `x${one}${other}`))

interface Declared {
  readonly name: string
  readonly type: Type
}

function registryOf(families: readonly Declared[]): Registry {
  const registry = new Registry()
  for (const { name, type } of families) {
    const options = { name, help: 'h', registers: [registry] }
    if (type === 'histogram') new Histogram({ ...options, buckets: [1] }).observe(0.5)
    else if (type === 'summary') new Summary({ ...options, percentiles: [0.5] }).observe(0.5)
    else if (type === 'counter') new Counter(options).inc(2)
    else new Gauge(options).set(3)
  }
  return registry
}

/** The names of the series that a family writes. */
function namesOf({ name, type }: Declared): string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`]
  return [name]
}

async function scraped(registry: Registry, accept: string, errors: unknown[] = []) {
  const request = new Request('http://x/metrics', { headers: { accept } })
  const onError = (error: unknown): number => errors.push(error)
  return (await metricsResponse(request, { registry, onError })).text()
}

const openMetrics = 'application/openmetrics-text;version=1.0.0'

/** The names of all series of the families. */
function seriesIn(body: string): Set<string> {
  const lines = body.split('\n').filter((line) => line.startsWith('x'))
  return new Set(lines.map((line) => /^\w+/.exec(line)?.[0] ?? ''))
}

const python = findPython()
const parsers = python === undefined ? undefined : startParsers(python)
afterAll(() => parsers?.[Symbol.dispose]())

const declared = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...names), type: fc.constantFrom(...Object.keys(types)) }),
  { minLength: 2, maxLength: 8, selector: ({ name }) => name },
) as fc.Arbitrary<Declared[]>

test('writes families that a strict parser accepts, whatever their names, and leaves out only clashing series', async ({
  skip,
}) => {
  skip(parsers === undefined, 'no prometheus_client')
  const together: Declared[] = [
    { name: 'x', type: 'histogram' },
    { name: 'x_count', type: 'histogram' },
    { name: 'x_created', type: 'gauge' },
  ]
  await fc.assert(
    fc.asyncProperty(declared, async (families) => {
      const written = new Set<string>()
      const leftOut: string[] = []
      for (const family of families) {
        const own = namesOf(family)
        if (own.some((name) => written.has(name))) leftOut.push(family.name)
        else for (const name of own) written.add(name)
      }
      const registry = registryOf(families)
      const errors: unknown[] = []
      const body = await scraped(registry, openMetrics, errors)
      await parsers?.parse('openmetrics', body)
      expect(seriesIn(body)).toEqual(written)
      expect(errors.map((error) => /metric "(\w+)"/.exec(String(error))?.[1])).toEqual(leftOut)
      expect(seriesIn(await scraped(registry, 'text/plain;version=0.0.4'))).toEqual(written)
    }),
    { examples: [[together]], numRuns: 300 },
  )
})

test('reports the series that two families would write', async () => {
  const registry = registryOf([
    { name: 'x', type: 'histogram' },
    { name: 'x_count', type: 'gauge' },
  ])
  const errors: unknown[] = []
  const body = await scraped(registry, openMetrics, errors)
  expect(body).toContain('\nx_count 1\n')
  expect(body).not.toContain('\nx_count 3\n')
  expect(body).toContain('prisma_exposition_collect_errors_total{metric="x_count"} 1')
  expect(errors.map(String)).toEqual([
    'Error: prisma-prometheus: registry: metric "x_count": expected series of a name of their own, got "x_count", a series of metric "x"; the metric registered later is left out, rename one',
  ])
})

test('leaves out a metric whose name becomes that of another one as text', async () => {
  const registry = registryOf([{ name: 'x_a', type: 'gauge' }])
  const other = { name: 'x.a', help: 'h', type: 'gauge', get: () => ({ values: [] }) }
  registry.registerMetric(other as never)
  const errors: unknown[] = []
  const body = await scraped(registry, 'text/plain', errors)
  expect(body.match(/^# TYPE x_a /gm)).toHaveLength(1)
  expect(errors.map(String)).toEqual([expect.stringContaining('metric "x.a"')])
})
