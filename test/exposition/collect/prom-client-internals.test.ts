import * as promClient from 'prom-client'
import { describe, expect, test } from 'vitest'
import { metricsResponse } from '../../../src/index.ts'
import type { ForeignMetric } from '../../../src/exposition/collect/metric.ts'
import { recordedSamples } from '../../../src/exposition/collect/read-metric.ts'

const [major = 0] = process.versions.node.split('.').map(Number)

type MetricsLibrary = Pick<typeof promClient, 'Counter' | 'Gauge' | 'Histogram' | 'Registry'>

async function load(name: string): Promise<MetricsLibrary> {
  if (name === 'prom-client') return promClient
  const library: unknown = await import('@prometheus-io/client')
  return library as MetricsLibrary
}

interface Answer {
  readonly values: readonly unknown[]
}

// If a library changes its private storage, its metrics are read by get(), which takes several times
// as long and holds the event loop: this test detects it.
describe.for(['prom-client', '@prometheus-io/client'])('%s', (name) => {
  test.skipIf(name !== 'prom-client' && major < 22)(
    'has the samples of get() in its private storage',
    async () => {
      const library = await load(name)
      const registry = new library.Registry<promClient.OpenMetricsContentType>()
      registry.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8')
      const registers = [registry]
      const labelNames = ['of'] as const
      const counter = new library.Counter({
        name: 'c_total',
        help: 'c',
        labelNames,
        enableExemplars: true,
        registers,
      })
      counter.inc({ labels: { of: 'a' }, value: 2, exemplarLabels: { of: 'trace' } })
      counter.inc({ labels: { of: 'b' }, value: 3 })
      const gauge = new library.Gauge({ name: 'g', help: 'g', registers })
      gauge.set(-1.5)
      const histogram = new library.Histogram({
        name: 'h',
        help: 'h',
        labelNames,
        buckets: [0.5, 1, 10, 2.5].toSorted((a, b) => a - b),
        enableExemplars: true,
        registers,
      })
      for (const [of, value] of [
        ['a', 0.7],
        ['a', 99],
        ['b', 2],
      ] as const) {
        histogram.observe({ labels: { of }, value, exemplarLabels: { of: 'trace' } })
      }
      for (const metric of [counter, gauge, histogram] as unknown as ForeignMetric[]) {
        const answer = (await (metric.getForPromString ?? metric.get).call(metric)) as Answer
        const samples = recordedSamples(metric.name, metric, {})?.values
        expect(samples, metric.name).toBeDefined()
        expect(withoutNothing([...(samples ?? [])])).toEqual(withoutNothing(answer.values))
      }
    },
  )
})

test('reports a metric whose stored series are not of one form, and serves the others', async () => {
  const registry = new promClient.Registry()
  const registers = [registry]
  const counter = new promClient.Counter({
    name: 'c_total',
    help: 'c',
    labelNames: ['of'],
    registers,
  })
  counter.inc({ of: 'a' })
  counter.inc({ of: 'b' })
  const stored = Reflect.get(counter, 'hashMap') as Record<string, unknown>
  stored[Object.keys(stored)[1] ?? ''] = { value: 1n }
  new promClient.Gauge({ name: 'g', help: 'g', registers }).set(1)
  const errors: unknown[] = []
  const options = { registry, onError: (error: unknown) => errors.push(error) }
  const response = await metricsResponse(new Request('http://127.0.0.1/metrics'), options)
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('\ng 1\n')
  expect(errors.map(String)).toEqual([
    expect.stringContaining(
      'metric "c_total": expected its stored series to be of one form, got an object with the keys value',
    ),
  ])
})

/** A missing exemplar is undefined, null or left out. */
function withoutNothing(samples: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(samples), (_key, value: unknown) => value ?? undefined)
}
