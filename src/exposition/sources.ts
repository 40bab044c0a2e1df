import { type Family, isFamily, type Series } from '../series/family.ts'
import { isObject } from '../validate.ts'
import { aggregate } from './aggregate.ts'
import type { FamilyData, Labels } from './family-data.ts'
import type { ForeignMetric, Metric } from './flight.ts'
import { defaultLabelsOf, type ExposableRegistry } from './registry.ts'

/** One family of an exposition, before it is collected. */
export interface FamilySource {
  readonly name: string
  /** The metrics to collect, in the order in which {@link collected} takes their answers. */
  readonly metrics: readonly Metric[]
  /** @throws what keeps the family out of the exposition. */
  collected(answers: readonly unknown[]): Collected
}

/**
 * A collected family: one of ours, whose series are read while it is written, or what another
 * metric answered.
 */
export type Collected = (
  | { readonly family: Family<Series>; readonly data?: undefined }
  | { readonly data: FamilyData; readonly family?: undefined }
) & { readonly registryLabels: Labels }

interface Registered {
  readonly metric: Metric
  readonly registry: ExposableRegistry
}

/** The families of several registries, those of one name and shape as one. */
export async function sourcesOf(registries: readonly ExposableRegistry[]): Promise<FamilySource[]> {
  const labels = new Map<ExposableRegistry, Labels>()
  await Promise.all(
    registries.map(async (registry) => labels.set(registry, await defaultLabelsOf(registry))),
  )
  const { byName, clashes } = groupByName(registries)
  const sources = Array.from(byName, ([name, parts]): FamilySource => {
    const collectedOf = (part: Registered, answer: unknown): Collected =>
      collectedMetric(name, part.metric, answer, labels.get(part.registry) ?? {})
    return {
      name,
      metrics: parts.map(({ metric }) => metric),
      collected(answers) {
        const collected = parts.map((part, index) => collectedOf(part, answers[index]))
        return collected.length === 1 ? (collected[0] as Collected) : merge(collected)
      },
    }
  })
  for (const { name, error } of clashes) {
    sources.push({
      name,
      metrics: [],
      collected() {
        throw error
      },
    })
  }
  return sources
}

/** @throws {Error} where two registries have metrics of one name that cannot be merged. */
export function expectNoClash(registries: readonly ExposableRegistry[]): void {
  const [clash] = groupByName(registries).clashes
  if (clash !== undefined) throw clash.error
}

interface Clash {
  readonly name: string
  readonly error: Error
}

function groupByName(registries: readonly ExposableRegistry[]): {
  byName: Map<string, Registered[]>
  clashes: Clash[]
} {
  const byName = new Map<string, Registered[]>()
  const clashes: Clash[] = []
  for (const registry of registries) {
    for (const metric of registry.getMetricsAsArray() as readonly Metric[]) {
      const name = declaredName(metric, registry)
      const parts = byName.get(name)
      if (parts === undefined) {
        byName.set(name, [{ metric, registry }])
      } else if (!parts.some((part) => part.metric === metric)) {
        const expected = describe((parts[0] as Registered).metric)
        const got = describe(metric)
        if (got === expected) parts.push({ metric, registry })
        else clashes.push({ name, error: clashError(name, expected, got) })
      }
    }
  }
  return { byName, clashes }
}

function clashError(name: string, expected: string, got: string): Error {
  return new Error(
    `prisma-prometheus: registry: two registries have a metric "${name}": expected both to be ${expected}, got ${got}; rename one or leave its registry out`,
  )
}

// A registry in OpenMetrics mode cuts `_total` off its counters' names when it renders, for good,
// and goes on to know them by the whole name.
function declaredName(metric: Metric, registry: ExposableRegistry): string {
  if (isFamily(metric)) return metric.declaredName
  const { name, type } = metric
  const whole = `${name}_total`
  return type === 'counter' && registry.getSingleMetric(whole) === metric ? whole : name
}

function describe(metric: Metric): string {
  const { type, labelNames = [] } = metric
  const labels = labelNames.toSorted().join(', ') || '(none)'
  const bounds = isFamily(metric) ? metric.bounds : metric.upperBounds
  const buckets = bounds === undefined ? '' : ` and buckets ${bounds.join(' ')}`
  return `a ${String(type)} with labels ${labels}${buckets}`
}

function collectedMetric(
  name: string,
  metric: Metric,
  answer: unknown,
  registryLabels: Labels,
): Collected {
  return isFamily(metric)
    ? { family: metric, registryLabels }
    : { data: familyData(name, metric, answer), registryLabels }
}

function familyData(name: string, metric: ForeignMetric, answer: unknown): FamilyData {
  if (!isObject(answer)) {
    throw new TypeError(
      `prisma-prometheus: metric "${name}": expected get() to give an object with values, got ${String(answer)}`,
    )
  }
  const { help, type, aggregator, values } = answer as {
    readonly [K in keyof FamilyData]?: unknown
  }
  return {
    name,
    help: textOf(help ?? metric.help),
    type: textOf(type ?? metric.type),
    aggregator: textOf(aggregator ?? metric.aggregator),
    values: Array.isArray(values) ? values : [],
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

// The registries' own labels go onto the samples here, since each registry has others.
function merge(parts: readonly Collected[]): Collected {
  const families = parts.map(withRegistryLabels) as [FamilyData, ...FamilyData[]]
  return { data: aggregate(families), registryLabels: {} }
}

function withRegistryLabels(collected: Collected): FamilyData {
  const { family, data, registryLabels } = collected
  const answered: FamilyData = data ?? { ...family.read(), name: family.declaredName }
  if (Object.keys(registryLabels).length === 0) return answered
  const values = answered.values.map(({ labels, sharedLabels, ...sample }) => ({
    ...sample,
    labels: { ...registryLabels, ...sharedLabels, ...labels },
  }))
  return { ...answered, values }
}
