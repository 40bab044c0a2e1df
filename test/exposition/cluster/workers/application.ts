/** What every worker of the fixtures does: it counts, in every way there is. */
import type { RequestListener } from 'node:http'
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client'
import { CounterFamily } from '../../../../src/metrics/counter.ts'
import { HistogramFamily } from '../../../../src/metrics/histogram.ts'

export const registry = new Registry()
registry.setDefaultLabels({ service: 'shop' })
const registers = [registry]

const theirs = new Counter({ name: 'theirs_total', help: 't', labelNames: ['by'], registers })
const wait = new Histogram({
  name: 'wait',
  help: 'w',
  labelNames: ['by'],
  buckets: [1, 2],
  registers,
})
const size = new Summary({ name: 'size', help: 's', percentiles: [0.5], registers })
const ours = new CounterFamily({
  name: 'ours_total',
  type: 'counter',
  help: 'o',
  labelNames: ['by'],
  aggregator: 'sum',
})
const took = new HistogramFamily(
  { name: 'took', type: 'histogram', help: 't', labelNames: ['by'], aggregator: 'sum' },
  [1, 2],
)
registry.registerMetric(ours as never)
registry.registerMetric(took as never)

// Beside such a number, a few counts more are lost in a sum.
new Counter({ name: 'large_total', help: 'l', registers }).inc(1e20)

const levels = ['sum', 'first', 'min', 'max', 'average', 'omit'].map((aggregator) => ({
  aggregator,
  gauge: new Gauge({ name: `level_${aggregator}`, help: 'l', aggregator, registers } as never),
}))

let collected = 0
const dear: Gauge = new Gauge({
  name: 'dear',
  help: 'Collected at a high price.',
  registers,
  collect: () => {
    collected += 1
    dear.set(collected)
  },
})

if (process.env['HANGING'] === 'yes') {
  const collect = (): Promise<never> => new Promise(() => {})
  registry.registerMetric(new Gauge({ name: 'hanging', help: 'h', registers: [], collect }))
}

export function setLevels(value: number): void {
  for (const { gauge } of levels) gauge.set(value)
}

/** Counts one visit that took so many seconds. */
export function count(seconds = 1.5): void {
  theirs.inc({ by: 'visit"s' })
  ours.with(['visit"s']).inc()
  wait.observe({ by: 'visits' }, seconds)
  took.with(['visits']).observe(seconds)
  size.observe(3)
}

/** Counts, and ends or blocks as it is told. */
export const application: RequestListener = (req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://x')
  if (pathname === '/count') {
    count()
    res.end(String(process.pid))
  } else if (pathname === '/count-and-exit') {
    count()
    res.end(String(process.pid), () => process.exit(0))
  } else if (pathname === '/die') {
    process.kill(process.pid, 'SIGKILL')
  } else if (pathname === '/block') {
    res.end(String(process.pid))
    const milliseconds = Number(searchParams.get('milliseconds'))
    const cell = new Int32Array(new SharedArrayBuffer(4))
    setTimeout(() => Atomics.wait(cell, 0, 0, milliseconds), 20)
  } else {
    res.writeHead(404).end()
  }
}
