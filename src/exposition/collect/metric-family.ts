import type { Labels, Sample } from '../../metrics/samples.ts'

/** A family's declaration and its samples. */
export interface MetricFamily extends SampleStream {
  readonly values: readonly Sample[]
}

/** A family whose samples may be made one by one as they are read. */
export interface SampleStream {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  /** A description of type, labels and buckets: families of one name are added only if it is equal. */
  readonly signature: string
  readonly values: Iterable<Sample>
  /** The reasons why samples were omitted; complete when all values have been read. */
  readonly problem?: () => Error | undefined
}

/** The family with the registry's labels on every sample that does not have them. */
export function withRegistryLabels(family: MetricFamily, registryLabels: Labels): MetricFamily {
  const { le: _, ...others } = registryLabels
  const added = family.type === 'histogram' ? others : registryLabels
  if (Object.keys(added).length === 0) return family
  const merge = (labels: Labels): Labels => ({ ...labels, ...added, ...labels })
  const merged = new Map<Labels, Labels>()
  const values = family.values.map(({ labels, sharedLabels, ...sample }) => {
    if (sharedLabels === undefined) return { ...sample, labels: merge(labels) }
    let shared = merged.get(sharedLabels)
    if (shared === undefined) {
      shared = merge(sharedLabels)
      merged.set(sharedLabels, shared)
    }
    return { ...sample, labels, sharedLabels: shared }
  })
  return { ...family, values }
}

/** Identifies a series by its labels as text, whatever their order. */
export function keyOfLabels(labels: Labels): string {
  const names = Object.keys(labels)
  if (names.length > 1) names.sort()
  return JSON.stringify(names.map((name) => [name, String(labels[name])]))
}
