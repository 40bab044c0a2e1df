import { type Family, isFamily, type Series } from '../../metrics/metric-family.ts'
import type { Labels } from '../../metrics/samples.ts'
import { aggregate } from './aggregate.ts'
import { type MetricFamily, type SampleStream, withRegistryLabels } from './metric-family.ts'
import { isPassive, type Metric } from './metric.ts'
import { snapshotOf } from './own-family.ts'
import { type Answer, ask, recordedSamples, samplesOf, wholeHistogram } from './read-metric.ts'
import { type Conflict, type Registered, registeredFamilies } from './registered-families.ts'
import { defaultLabelsOf, type ExposableRegistry } from './registry.ts'

/** One family of an exposition, before it is collected. */
export interface FamilySource {
  readonly name: string
  /**
   * The metrics to collect. {@link collected} receives their answers in this order. Families of this
   * package have no metrics here.
   */
  readonly metrics: readonly Metric[]
  /** @throws the reason why the family is not in the exposition. */
  readonly collected: (answers: readonly (Answer | undefined)[]) => Collected
}

/** A collected family. Samples that only need copying are read when they are written. */
export type Collected = { readonly registryLabels: Labels } & (
  | { readonly kind: 'family'; readonly family: Family<Series> }
  | {
      readonly kind: 'samples'
      /** See {@link Family.catalogueName}; of a metric of this package that several registries have. */
      readonly catalogueName?: string | undefined
      /** Every call returns a new stream. */
      read(): SampleStream | Promise<SampleStream>
      /** The family as whole series, if it is a histogram that allows it. */
      histogram(): ReturnType<typeof wholeHistogram>
      /** Whether it is a sum of histograms with native buckets. */
      readonly isNative: boolean
    }
)

/** Whether the family has native buckets, which only protobuf can express. */
export function hasNativeBuckets(collected: Collected): boolean {
  return collected.kind === 'family' ? collected.family.isNative : collected.isNative
}

/** A collected family with its samples, the registry's labels on them. */
export async function familyOf(collected: Collected): Promise<MetricFamily> {
  const { kind, registryLabels } = collected
  if (kind === 'family') return withRegistryLabels(snapshotOf(collected.family), registryLabels)
  return withRegistryLabels(readAll(await collected.read()), registryLabels)
}

function readAll(stream: SampleStream): MetricFamily {
  return { ...stream, values: [...stream.values] }
}

/** The sources of families that are collected already. */
export function sourcesOfFamilies(families: readonly MetricFamily[]): FamilySource[] {
  return families.map((family) => ({
    name: family.name,
    metrics: [],
    collected: () => samples(() => family, {}, hasNative(family)),
  }))
}

/** The families of several registries. Metrics of one name and signature are added. */
export async function sourcesOf(registries: readonly ExposableRegistry[]): Promise<FamilySource[]> {
  const labels = new Map<ExposableRegistry, Labels>()
  await Promise.all(
    registries.map(async (registry) => labels.set(registry, await defaultLabelsOf(registry))),
  )
  const labelsOf = ({ registry }: Registered): Labels => labels.get(registry) ?? {}
  const { families, conflicts, clashes } = registeredFamilies(registries)
  return [
    ...families.map(({ name, parts }) =>
      parts.length === 1
        ? sourceOf(name, parts[0].metric, labelsOf(parts[0]))
        : addedSource(name, parts, labelsOf),
    ),
    ...[...conflicts, ...clashes].map(conflictingSource),
  ]
}

function sourceOf(name: string, metric: Metric, registryLabels: Labels): FamilySource {
  if (isFamily(metric)) {
    return {
      name,
      metrics: [metric],
      collected: () => ({ kind: 'family', family: metric, registryLabels }),
    }
  }
  if (!isPassive(metric)) {
    return {
      name,
      metrics: [metric],
      collected: ([answer]) =>
        samples(() => samplesOf(answer as Answer, registryLabels), registryLabels),
    }
  }
  return {
    name,
    metrics: [],
    collected: () => ({
      kind: 'samples',
      read: () =>
        recordedSamples(name, metric, registryLabels) ??
        ask(name, metric).then((answer) => samplesOf(answer, registryLabels)),
      histogram: () => wholeHistogram(name, metric, registryLabels),
      isNative: false,
      registryLabels,
    }),
  }
}

// Each registry has other labels, which therefore go onto the samples here.
function addedSource(
  name: string,
  parts: readonly [Registered, ...Registered[]],
  labelsOf: (part: Registered) => Labels,
): FamilySource {
  return {
    name,
    metrics: parts.map(({ metric }) => metric),
    collected(answers) {
      const [first, ...others] = parts.map((part, index): MetricFamily => {
        const { metric } = part
        const registryLabels = labelsOf(part)
        const family = isFamily(metric)
          ? snapshotOf(metric)
          : readAll(samplesOf(answers[index] as Answer, registryLabels))
        return withRegistryLabels(family, registryLabels)
      })
      const added = aggregate([first as MetricFamily, ...others])
      const problem = (): Error | undefined =>
        first?.problem?.() ?? others.find((other) => other.problem?.())?.problem?.()
      const [{ metric: known }] = parts
      const catalogueName = isFamily(known) ? known.catalogueName : undefined
      return { ...samples(() => ({ ...added, problem }), {}, hasNative(added)), catalogueName }
    },
  }
}

function samples(read: () => SampleStream, registryLabels: Labels, isNative = false): Collected {
  return { kind: 'samples', read, histogram: () => undefined, isNative, registryLabels }
}

function hasNative({ values }: MetricFamily): boolean {
  return values.some(({ native }) => native !== undefined)
}

function conflictingSource({ name, error }: Conflict): FamilySource {
  return {
    name,
    metrics: [],
    collected() {
      throw error
    },
  }
}
