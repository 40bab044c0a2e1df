/**
 * The part of a metrics registry this package needs. `prom-client`'s `Registry` has it, and so has
 * that of `@prometheus-io/client`.
 */
export interface MetricRegistry {
  registerMetric(metric: object): void
  getSingleMetric(name: string): unknown
  removeSingleMetric?(name: string): void
}

export function isMetricRegistry(value: unknown): value is MetricRegistry {
  if (typeof value !== 'object' || value === null) return false
  const candidate: Partial<Record<keyof MetricRegistry, unknown>> = value
  return (
    typeof candidate.registerMetric === 'function' &&
    typeof candidate.getSingleMetric === 'function'
  )
}
