import * as promClient from 'prom-client'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { metricsResponse } from '../../../src/index.ts'

const [major = 0] = process.versions.node.split('.').map(Number)

type MetricsLibrary = Pick<typeof promClient, 'Counter' | 'Gauge' | 'Histogram' | 'Registry'>

async function load(name: string): Promise<MetricsLibrary> {
  if (name === 'prom-client') return promClient
  const library: unknown = await import('@prometheus-io/client')
  return library as MetricsLibrary
}

const seriesCount = 3000

const recorders: Readonly<
  Record<string, (library: MetricsLibrary, registers: promClient.Registry[]) => object>
> = {
  counter(library, registers) {
    const counter = new library.Counter({ name: 'x_total', help: 'x', labelNames, registers })
    for (let id = 0; id < seriesCount; id++) counter.inc({ id })
    return counter
  },
  gauge(library, registers) {
    const gauge = new library.Gauge({ name: 'x', help: 'x', labelNames, registers })
    for (let id = 0; id < seriesCount; id++) gauge.set({ id }, id)
    return gauge
  },
  histogram(library, registers) {
    const histogram = new library.Histogram({ name: 'x', help: 'x', labelNames, registers })
    for (let id = 0; id < seriesCount; id++) histogram.observe({ id }, id)
    return histogram
  },
}
const labelNames = ['id'] as const

/** Calls `onRead` each time a series of the metric is read from the library's storage. */
function observeReads(metric: object, onRead: () => void): void {
  const hashMap: unknown = Reflect.get(metric, 'hashMap')
  const store: unknown = Reflect.get(metric, 'store')
  if (hashMap instanceof Object) {
    for (const [key, entry] of Object.entries(hashMap)) onGet(hashMap, key, entry)
  } else {
    const { values } = store as { values(): Iterable<{ labels: object }> }
    for (const entry of values.call(store)) onGet(entry, 'labels', entry.labels)
  }

  function onGet(object: object, key: string, value: unknown): void {
    const get = (): unknown => {
      onRead()
      return value
    }
    Object.defineProperty(object, key, { get, enumerable: true, configurable: true })
  }
}

/** The most calls of the returned function in one iteration of the event loop. */
function countPerIteration(): { count: () => void; most: () => number } {
  let current = 0
  let most = 0
  const timer = setImmediate(function iterate() {
    current = 0
    next = setImmediate(iterate)
  })
  let next = timer
  onTestFinished(() => clearImmediate(next))
  return {
    count() {
      current += 1
      most = Math.max(most, current)
    },
    most: () => most,
  }
}

// A time slice ends after two looks at this clock: the reads in a slice do not depend on the machine.
function advanceClockAtEachLook(): void {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1))
  onTestFinished(() => clock.mockRestore())
}

describe.for(['prom-client', '@prometheus-io/client'])('a scrape of %s', (name) => {
  test.skipIf(name !== 'prom-client' && major < 22).for([
    ['counter', 'text/plain'],
    ['gauge', 'text/plain'],
    ['histogram', 'text/plain'],
    ['gauge', 'application/openmetrics-text'],
    [
      'gauge',
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
    ],
    [
      'histogram',
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
    ],
  ] as const)('reads a few series at a time: %s, %s', async ([kind, accept]) => {
    const library = await load(name)
    const registry = new library.Registry()
    const { count, most } = countPerIteration()
    const metric = recorders[kind]?.(library, [registry]) ?? {}
    observeReads(metric, count)
    advanceClockAtEachLook()
    const request = new Request('http://x/metrics', { headers: { accept } })
    const response = await metricsResponse(request, { registry, histograms: 'both' })
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(seriesCount * 8)
    // Four kilobytes of lines between two looks, of series that are read up to five times each.
    expect(most()).toBeGreaterThan(0)
    expect(most()).toBeLessThan(seriesCount / 2)
  })
})
