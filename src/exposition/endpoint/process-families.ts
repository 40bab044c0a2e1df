import { isFamily } from '../../metrics/metric-family.ts'
import type { Labels } from '../../metrics/samples.ts'
import type { Deadline, ProcessFamilies } from '../cluster/deadline.ts'
import { aggregate } from '../collect/aggregate.ts'
import { mapInSlices } from '../collect/event-loop.ts'
import { type Collected, familyOf, sourcesOf } from '../collect/family-sources.ts'
import { type MetricFamily, withRegistryLabels } from '../collect/metric-family.ts'
import { isPassive, type Metric } from '../collect/metric.ts'
import { snapshotOf } from '../collect/own-family.ts'
import { recordedCounts } from '../collect/read-metric.ts'
import { registeredFamilies } from '../collect/registered-families.ts'
import { defaultLabelsOf, type ExposableRegistry } from '../collect/registry.ts'
import type { CoalescedScrapes } from './coalesced-scrapes.ts'
import type { Failure } from './gather.ts'

/** The families of this process's registries, to be added to those of other processes. */
export class RegistryFamilies implements ProcessFamilies {
  readonly #registries: readonly ExposableRegistry[]
  readonly #scrapes: CoalescedScrapes
  readonly #onFailures: (failures: readonly Failure[]) => void
  readonly #labels = new Map<ExposableRegistry, Labels>()

  constructor(
    registries: readonly ExposableRegistry[],
    scrapes: CoalescedScrapes,
    onFailures: (failures: readonly Failure[]) => void,
  ) {
    this.#registries = registries
    this.#scrapes = scrapes
    this.#onFailures = onFailures
    this.#readLabels().catch(() => {})
  }

  async collect({ seconds, signal }: Deadline): Promise<MetricFamily[]> {
    const cycle = this.#scrapes.join(seconds)
    try {
      const { families, failures } = await cycle.gather(undefined, seconds, signal)
      const all = [...failures]
      const read = await mapInSlices(families, async ({ name, collected }) => {
        const family = await this.#read(name, collected, all)
        return family === undefined ? [] : [family]
      })
      this.#onFailures(all)
      return read.flat()
    } finally {
      cycle.leave()
    }
  }

  async #read(
    name: string,
    collected: Collected,
    failures: Failure[],
  ): Promise<MetricFamily | undefined> {
    try {
      const family = await familyOf(collected)
      const error = family.problem?.()
      if (error !== undefined) failures.push({ name, error, late: false })
      return family
    } catch (error) {
      failures.push({ name, error, late: false })
      return undefined
    }
  }

  async copy(): Promise<MetricFamily[]> {
    await this.#readLabels()
    const sources = await sourcesOf(this.#registries)
    const copied = await mapInSlices(sources, async ({ metrics, collected }) => {
      if (!metrics.every(isFamily)) return []
      try {
        return [await familyOf(collected([]))]
      } catch {
        // The next scrape reports it.
        return []
      }
    })
    return copied.flat()
  }

  copyNow(): MetricFamily[] {
    return registeredFamilies(this.#registries).families.flatMap(({ name, parts }) => {
      const copied = parts.flatMap(({ metric, registry }) => {
        const registryLabels = this.#labels.get(registry) ?? {}
        const family = copyOf(name, metric, registryLabels)
        return family === undefined ? [] : [withRegistryLabels(family, registryLabels)]
      })
      const [first, ...others] = copied
      // With a part missing, the sum would be smaller than the previous one.
      return first === undefined || copied.length < parts.length
        ? []
        : [aggregate([first, ...others])]
    })
  }

  // The labels cannot be read synchronously, which the exit of the process requires.
  async #readLabels(): Promise<void> {
    await Promise.all(
      this.#registries.map(async (registry) => {
        this.#labels.set(registry, await defaultLabelsOf(registry))
      }),
    )
  }
}

function copyOf(name: string, metric: Metric, registryLabels: Labels): MetricFamily | undefined {
  if (isFamily(metric)) return snapshotOf(metric)
  const stream = isPassive(metric) ? recordedCounts(name, metric, registryLabels) : undefined
  return stream && { ...stream, values: [...stream.values] }
}
