/** The interface of Prisma 6's `prisma.$metrics`. */
export interface LegacyMetricsClient {
  /** All twelve metrics in the Prometheus text format. */
  prometheus(options?: LegacyMetricsRequest): Promise<string>
  /** All twelve metrics as data, each group sorted by key. */
  json(options?: LegacyMetricsRequest): Promise<LegacyMetricsJson>
}

export interface LegacyMetricsRequest {
  /** Labels that are added to every metric. */
  readonly globalLabels?: Readonly<Record<string, string>>
}

/** `Prisma.Metrics` of Prisma 6. */
export interface LegacyMetricsJson {
  counters: LegacyMetric<number>[]
  gauges: LegacyMetric<number>[]
  histograms: LegacyMetric<LegacyHistogram>[]
}

/** `Prisma.Metric` of Prisma 6. */
export interface LegacyMetric<T> {
  key: string
  value: T
  labels: Record<string, string>
  description: string
}

/** `Prisma.MetricHistogram` of Prisma 6, in milliseconds. */
export interface LegacyHistogram {
  /** Upper bound and observations of each bucket, not cumulative. `count` includes those above the last bound. */
  buckets: [maxValue: number, count: number][]
  sum: number
  count: number
}
