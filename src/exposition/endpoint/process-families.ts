import { isFamily } from '../../metrics/metric-family.ts'
import { aggregate } from '../collect/aggregate.ts'
import { familyAsData } from '../collect/to-metric-family.ts'
import type { FamilyData, Labels } from '../collect/metric-family.ts'
import type { Failure } from './gather.ts'
import { declaredName, isPassive, type Metric, readRecorded } from '../collect/foreign-metric.ts'
import { defaultLabelsOf, type ExposableRegistry } from '../collect/registry.ts'
import type { Rounds } from './coalesced-scrapes.ts'
import { dataOf, sourcesOf, withLabels } from '../collect/family-sources.ts'
import { mapInSlices } from '../collect/event-loop-slices.ts'
import type { Deadline } from '../cluster/deadline.ts'
import type { Local } from '../cluster/local.ts'

/** The families of this process's registries, for who adds up those of several processes. */
export class LocalFamilies implements Local {
  readonly #registries: readonly ExposableRegistry[]
  readonly #rounds: Rounds
  readonly #onFailures: (failures: readonly Failure[]) => void
  readonly #labels = new Map<ExposableRegistry, Labels>()

  constructor(
    registries: readonly ExposableRegistry[],
    rounds: Rounds,
    onFailures: (failures: readonly Failure[]) => void,
  ) {
    this.#registries = registries
    this.#rounds = rounds
    this.#onFailures = onFailures
    this.#learnLabels().catch(() => {})
  }

  async collect({ seconds, signal }: Deadline): Promise<FamilyData[]> {
    const round = this.#rounds.join(seconds)
    try {
      const { families, failures } = await round.gather(undefined, seconds, signal)
      this.#onFailures(failures)
      return await mapInSlices(families, ({ collected }) => dataOf(collected))
    } finally {
      round.leave()
    }
  }

  async copy(): Promise<FamilyData[]> {
    await this.#learnLabels()
    const sources = await sourcesOf(this.#registries)
    const copied = await mapInSlices(sources, async ({ metrics, collected }) => {
      if (!metrics.every(isFamily)) return []
      try {
        return [await dataOf(collected([]))]
      } catch {
        // The next scrape says so.
        return []
      }
    })
    return copied.flat()
  }

  copyNow(): FamilyData[] {
    const byName = new Map<string, [FamilyData, ...FamilyData[]]>()
    for (const registry of this.#registries) {
      for (const metric of registry.getMetricsAsArray() as readonly Metric[]) {
        const copied = copyOf(metric, declaredName(metric, registry))
        if (copied === undefined) continue
        const data = withLabels(copied, this.#labels.get(registry) ?? {})
        const others = byName.get(data.name)
        if (others === undefined) byName.set(data.name, [data])
        else others.push(data)
      }
    }
    return Array.from(byName.values(), aggregate)
  }

  // At the end of the process there is no time to ask for them.
  async #learnLabels(): Promise<void> {
    await Promise.all(
      this.#registries.map(async (registry) => {
        this.#labels.set(registry, await defaultLabelsOf(registry))
      }),
    )
  }
}

function copyOf(metric: Metric, name: string): FamilyData | undefined {
  if (isFamily(metric)) return familyAsData(metric)
  const stream = isPassive(metric) ? readRecorded(name, metric) : undefined
  return stream && { ...stream, values: [...stream.values] }
}
