/**
 * What applications did with Prisma 6's `$metrics`, written for it and for nothing else: a route for
 * Prometheus, one that puts the application's own metrics beside, and a report of what has changed
 * since the last one, for a system that is pushed to. It imports nothing of this package.
 */
import type { RequestListener } from 'node:http'
import type { Registry } from 'prom-client'

/** As `@prisma/client` 6.19 declared it. */
export interface Prisma6Client {
  $metrics: {
    prometheus(options?: MetricsOptions): Promise<string>
    json(options?: MetricsOptions): Promise<Metrics>
  }
}

interface MetricsOptions {
  globalLabels?: Record<string, string>
}

interface Metrics {
  counters: Metric<number>[]
  gauges: Metric<number>[]
  histograms: Metric<MetricHistogram>[]
}

interface Metric<T> {
  key: string
  value: T
  labels: Record<string, string>
  description: string
}

interface MetricHistogram {
  buckets: [maxValue: number, count: number][]
  sum: number
  count: number
}

export function metricsRoute(prisma: Prisma6Client, app?: Registry): RequestListener {
  return async (_request, response) => {
    const database = await prisma.$metrics.prometheus({ globalLabels: { service: 'shop' } })
    const own = app === undefined ? '' : await app.metrics()
    response.setHeader('Content-Type', 'text/plain; version=0.0.4')
    response.end(database + own)
  }
}

/** Sends what is new of each counter and of each bucket. */
export class Reporter {
  readonly #prisma: Prisma6Client
  #counters = new Map<string, number>()
  #histograms = new Map<string, MetricHistogram>()

  constructor(prisma: Prisma6Client) {
    this.#prisma = prisma
  }

  async report(send: (name: string, value: number) => void): Promise<void> {
    const { counters, gauges, histograms } = await this.#prisma.$metrics.json()
    for (const { key, value } of counters) send(key, value - (this.#counters.get(key) ?? 0))
    for (const { key, value } of gauges) send(key, value)
    for (const { key, value } of histograms) {
      const before = this.#histograms.get(key)
      value.buckets.forEach(([maxValue, count], index) => {
        send(`${key}.${maxValue}`, count - (before?.buckets[index]?.[1] ?? 0))
      })
    }
    this.#counters = new Map(counters.map(({ key, value }) => [key, value]))
    this.#histograms = new Map(histograms.map(({ key, value }) => [key, value]))
  }
}
