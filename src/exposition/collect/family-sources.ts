import { type Family, isFamily, type Series } from '../../metrics/metric-family.ts'
import { aggregate } from './aggregate.ts'
import { familyAsData } from './to-metric-family.ts'
import type { FamilyData, Labels, SampleStream } from './metric-family.ts'
import {
  declaredName,
  isPassive,
  type Metric,
  readHistogram,
  readPassive,
  shapeOf,
} from './foreign-metric.ts'
import { defaultLabelsOf, type ExposableRegistry } from './registry.ts'
import { codedError } from '../../support/coded-error.ts'

/** One family of an exposition, before it is collected. */
export interface FamilySource {
  readonly name: string
  /** The metrics to collect, in the order in which {@link collected} takes what they gave. */
  readonly metrics: readonly Metric[]
  /** @throws what keeps the family out of the exposition. */
  readonly collected: (data: readonly (FamilyData | undefined)[]) => Collected
}

/** A collected family as data, the registry's labels on its samples. */
export async function dataOf(collected: Collected): Promise<FamilyData> {
  const { kind, registryLabels } = collected
  if (kind === 'family') return withLabels(familyAsData(collected.family), registryLabels)
  if (kind === 'data') return withLabels(collected.data, registryLabels)
  const stream = await collected.read()
  return withLabels({ ...stream, values: [...stream.values] }, registryLabels)
}

/** Families that are there already. */
export function sourcesOfData(families: readonly FamilyData[]): FamilySource[] {
  return families.map((data) => ({
    name: data.name,
    metrics: [],
    collected: () => ({ kind: 'data', data, registryLabels: {} }),
  }))
}

/** A collected family. What only has to be copied is read when it is written, and not before. */
export type Collected = { readonly registryLabels: Labels } & (
  | { readonly kind: 'family'; readonly family: Family<Series> }
  | { readonly kind: 'data'; readonly data: FamilyData }
  | {
      readonly kind: 'unread'
      read(): Promise<SampleStream>
      /** What is a histogram, as such. */
      histogram(): ReturnType<typeof readHistogram>
    }
)

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
  const labelsOf = ({ registry }: Registered): Labels => labels.get(registry) ?? {}
  const { byName, clashes } = groupByName(registries)
  return [
    ...Array.from(byName, ([name, parts]) =>
      parts.length === 1
        ? sourceOf(name, (parts[0] as Registered).metric, labelsOf(parts[0] as Registered))
        : mergedSource(name, parts, labelsOf),
    ),
    ...clashes.map(clashingSource),
  ]
}

/** @throws {Error} where two registries have metrics of one name that cannot be merged. */
export function expectNoClash(registries: readonly ExposableRegistry[]): void {
  const [clash] = groupByName(registries).clashes
  if (clash !== undefined) throw clash.error
}

function sourceOf(name: string, metric: Metric, registryLabels: Labels): FamilySource {
  if (!isFamily(metric) && isPassive(metric)) {
    const read = (): Promise<SampleStream> => readPassive(name, metric)
    const histogram = (): ReturnType<typeof readHistogram> => readHistogram(name, metric)
    return {
      name,
      metrics: [],
      collected: () => ({ kind: 'unread', read, histogram, registryLabels }),
    }
  }
  return {
    name,
    metrics: [metric],
    collected: ([data]) =>
      isFamily(metric)
        ? { kind: 'family', family: metric, registryLabels }
        : { kind: 'data', data: data as FamilyData, registryLabels },
  }
}

// The registries' own labels go onto the samples here, since each registry has others.
function mergedSource(
  name: string,
  parts: readonly Registered[],
  labelsOf: (part: Registered) => Labels,
): FamilySource {
  return {
    name,
    metrics: parts.map(({ metric }) => metric),
    collected(data) {
      const families = parts.map((part, index) =>
        withLabels(data[index] ?? familyAsData(part.metric as Family<Series>), labelsOf(part)),
      )
      return {
        kind: 'data',
        data: aggregate(families as [FamilyData, ...FamilyData[]]),
        registryLabels: {},
      }
    },
  }
}

function clashingSource({ name, error }: Clash): FamilySource {
  return {
    name,
    metrics: [],
    collected() {
      throw error
    },
  }
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
        const expected = shapeOf((parts[0] as Registered).metric)
        const got = shapeOf(metric)
        if (got === expected) parts.push({ metric, registry })
        else clashes.push({ name, error: clashError(name, expected, got) })
      }
    }
  }
  return { byName, clashes }
}

function clashError(name: string, expected: string, got: string): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_CONFLICT',
    `prisma-prometheus: registry: two registries have a metric "${name}": expected both to be ${expected}, got ${got}; rename one or leave its registry out`,
  )
}

/** The data with the registry's labels on every sample that has none of the name. */
export function withLabels(data: FamilyData, registryLabels: Labels): FamilyData {
  if (Object.keys(registryLabels).length === 0) return data
  const merged = new Map<Labels, Labels>()
  const values = data.values.map(({ labels = {}, sharedLabels, ...sample }) => {
    if (sharedLabels === undefined) return { ...sample, labels: added(labels, registryLabels) }
    let shared = merged.get(sharedLabels)
    if (shared === undefined) {
      shared = added(sharedLabels, registryLabels)
      merged.set(sharedLabels, shared)
    }
    return { ...sample, labels, sharedLabels: shared }
  })
  return { ...data, values }
}

function added(labels: Labels, others: Labels): Labels {
  return { ...labels, ...others, ...labels }
}
