import { type MetricRegistry, isMetricRegistry } from '../../metrics/registry.ts'
import type { Labels } from './metric-family.ts'

/**
 * The part of a metrics registry a scrape reads. `prom-client`'s `Registry` has it, and so has that
 * of `@prometheus-io/client`.
 */
export interface ExposableRegistry extends MetricRegistry {
  getMetricsAsArray(): readonly object[]
  getMetricsAsJSON(): Promise<unknown>
}

export function isExposableRegistry(value: unknown): value is ExposableRegistry {
  if (!isMetricRegistry(value)) return false
  const candidate = value as Partial<ExposableRegistry>
  return (
    typeof candidate.getMetricsAsArray === 'function' &&
    typeof candidate.getMetricsAsJSON === 'function'
  )
}

/**
 * The labels of `registry.setDefaultLabels()`. There is no getter, but the registry puts them on
 * what it reads: here on a sample of its own, in a view of the registry that has nothing else.
 */
export async function defaultLabelsOf(registry: ExposableRegistry): Promise<Labels> {
  const sample: { labels: Labels } = { labels: {} }
  const metric = { name: '', get: () => Promise.resolve({ values: [sample] }) }
  const view = Object.create(registry, { getMetricsAsArray: { value: () => [metric] } })
  await (view as ExposableRegistry).getMetricsAsJSON()
  return sample.labels
}
