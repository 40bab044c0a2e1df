import { type MetricRegistry, isMetricRegistry } from '../../metrics/registry.ts'
import { textLabels } from '../../metrics/samples.ts'

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
 * The labels of `registry.setDefaultLabels()` as text. There is no getter, but the registry adds them
 * to the samples it reads: here to one sample in a view of the registry with nothing else.
 */
export async function defaultLabelsOf(
  registry: ExposableRegistry,
): Promise<Readonly<Record<string, string>>> {
  const sample: { labels: Readonly<Record<string, unknown>> } = { labels: {} }
  const metric = { name: '', get: () => Promise.resolve({ values: [sample] }) }
  const view = Object.create(registry, { getMetricsAsArray: { value: () => [metric] } })
  await (view as ExposableRegistry).getMetricsAsJSON()
  return textLabels(sample.labels)
}
