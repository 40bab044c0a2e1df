/**
 * The part of a metrics registry that this package needs: the `Registry` of `prom-client` and that of
 * `@prometheus-io/client` have it.
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
