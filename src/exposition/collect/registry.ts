import { type MetricRegistry, isMetricRegistry } from '../../metrics/registry.ts'
import { escapeLabelName, textLabels } from '../../metrics/samples.ts'
import { expectThat } from '../../support/validate.ts'
import { warnOnce } from '../../support/warn-once.ts'

/**
 * The part of a metrics registry a scrape reads. `prom-client`'s `Registry` has it, and so has that
 * of `@prometheus-io/client`.
 */
export interface ExposableRegistry extends MetricRegistry {
  getMetricsAsArray(): readonly object[]
  getMetricsAsJSON(): Promise<unknown>
}

/** The registries of one endpoint; the first holds the handler metrics. */
export type Registries = readonly [ExposableRegistry, ...ExposableRegistry[]]

function isExposableRegistry(value: unknown): value is ExposableRegistry {
  if (!isMetricRegistry(value)) return false
  const candidate = value as Partial<ExposableRegistry>
  return (
    typeof candidate.getMetricsAsArray === 'function' &&
    typeof candidate.getMetricsAsJSON === 'function'
  )
}

/** @throws {TypeError} unless all are registries, and at least one. */
export function resolveRegistries(
  registry: ExposableRegistry | readonly ExposableRegistry[],
): Registries {
  const registries: readonly ExposableRegistry[] = isArray(registry) ? registry : [registry]
  const [first, ...others] = registries
  expectThat('registry', first !== undefined, 'a registry or several', registry)
  for (const one of registries) {
    expectThat(
      'registry',
      isExposableRegistry(one),
      'a Registry of prom-client or @prometheus-io/client, or an array of them',
      one,
    )
  }
  return [first, ...others]
}

function isArray<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

const warn = warnOnce(
  'prisma-prometheus: registry.setDefaultLabels(): expected names that differ after escaping, got a label twice; the later one is left out.',
)

/**
 * The labels of `registry.setDefaultLabels()` as text, with escaped names. There is no getter, but the registry adds them
 * to the samples it reads: here to one sample in a view of the registry with nothing else.
 */
export async function defaultLabelsOf(
  registry: ExposableRegistry,
): Promise<Readonly<Record<string, string>>> {
  const sample: { labels: Readonly<Record<string, unknown>> } = { labels: {} }
  const metric = { name: '', get: () => Promise.resolve({ values: [sample] }) }
  const view = Object.create(registry, { getMetricsAsArray: { value: () => [metric] } })
  await (view as ExposableRegistry).getMetricsAsJSON()
  const labels = new Map<string, string>()
  for (const [name, value] of Object.entries(textLabels(sample.labels))) {
    const escaped = escapeLabelName(name)
    if (labels.has(escaped)) warn(`${name} is written as ${escaped}`)
    else labels.set(escaped, value)
  }
  return Object.fromEntries(labels)
}
