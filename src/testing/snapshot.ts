import { defaultLibrary } from '../metrics/library/default-library.ts'
import { expectThat } from '../support/validate.ts'
import { codedError } from '../support/coded-error.ts'

/** A registry of `prom-client` or `@prometheus-io/client`. */
export interface ReadableRegistry {
  getMetricsAsJSON(): Promise<unknown>
}

export type Labels = Readonly<Record<string, string | number>>

/** A series whose value has changed. */
export interface Change {
  readonly name: string
  readonly labels: Labels
  readonly before: number
  readonly after: number
}

/** The values of a registry at one moment. */
export interface MetricsSnapshot {
  /**
   * Returns the sum of the series that have these labels, with any values of other labels; 0 if no series
   * matches. Histograms are read by their samples: `…_count`, `…_sum`, `…_bucket`.
   *
   * @throws {Error} if no metric has the name, or no series of it has one of the label names.
   */
  value(name: string, labels?: Labels): number
  /** Resolves with the growth of {@link value} since the snapshot. */
  delta(name: string, labels?: Labels): Promise<number>
  /** Resolves with the series that have changed since the snapshot, added and removed ones included. */
  changes(): Promise<Change[]>
}

interface Sample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
}

interface Collected {
  readonly name: string
  readonly type: string
  readonly values: readonly {
    readonly metricName?: string
    readonly labels: Labels
    readonly value: number
  }[]
}

/**
 * Reads the current values of `registry` (default: that of prom-client).
 *
 * @throws {TypeError} (rejects) for a value that is not a registry.
 */
export async function snapshot(
  registry: ReadableRegistry = defaultLibrary().register,
): Promise<MetricsSnapshot> {
  const isRegistry = typeof (registry as Partial<ReadableRegistry>).getMetricsAsJSON === 'function'
  expectThat('snapshot(registry)', isRegistry, 'a prom-client Registry', registry)
  return new RegistrySnapshot(registry, (await registry.getMetricsAsJSON()) as Collected[])
}

class RegistrySnapshot implements MetricsSnapshot {
  readonly #registry: ReadableRegistry
  readonly #names: ReadonlySet<string>
  readonly #samples: readonly Sample[]

  constructor(registry: ReadableRegistry, families: readonly Collected[]) {
    this.#registry = registry
    this.#names = new Set(families.flatMap(sampleNames))
    this.#samples = families.flatMap(({ name, values }) =>
      values.map(({ metricName = name, labels, value }) => ({ name: metricName, labels, value })),
    )
  }

  value(name: string, labels: Labels = {}): number {
    if (!this.#names.has(name)) {
      const expected = this.#names.has(`${name}_count`)
        ? `a sample of the histogram (${name}_count, …_sum, …_bucket)`
        : 'the name of a metric in the registry'
      throw codedError(
        'PRISMA_PROMETHEUS_UNKNOWN_METRIC',
        `prisma-prometheus/testing: expected ${expected}, got "${name}"`,
      )
    }
    const samples = this.#samples.filter((sample) => sample.name === name)
    const unknown = Object.keys(labels).find(
      (label) => !samples.some((sample) => Object.hasOwn(sample.labels, label)),
    )
    if (samples.length > 0 && unknown !== undefined) {
      throw codedError(
        'PRISMA_PROMETHEUS_UNKNOWN_METRIC',
        `prisma-prometheus/testing: "${name}": expected one of its labels, got "${unknown}"`,
      )
    }
    return samples
      .filter((sample) => hasLabels(sample.labels, labels))
      .reduce((sum, { value }) => sum + value, 0)
  }

  async delta(name: string, labels?: Labels): Promise<number> {
    const now = await snapshot(this.#registry)
    const before = this.#names.has(name) ? this.value(name, labels) : 0
    return now.value(name, labels) - before
  }

  async changes(): Promise<Change[]> {
    const now = (await snapshot(this.#registry)) as RegistrySnapshot
    const before = new Map(this.#samples.map((sample) => [keyOf(sample), sample]))
    const after = new Map(now.#samples.map((sample) => [keyOf(sample), sample]))
    return [...new Map([...before, ...after])]
      .map(([key, { name, labels }]) => ({
        name,
        labels,
        before: before.get(key)?.value ?? 0,
        after: after.get(key)?.value ?? 0,
      }))
      .filter((change) => !Object.is(change.before, change.after))
  }
}

function sampleNames({ name, type }: Collected): string[] {
  switch (type) {
    case 'histogram':
      return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    case 'summary':
      return [name, `${name}_sum`, `${name}_count`]
    default:
      return [name]
  }
}

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => String(labels[name]) === String(value))
}

function keyOf({ name, labels }: Sample): string {
  const entries = Object.entries(labels).map(([label, value]) => [label, String(value)])
  return JSON.stringify([
    name,
    ...entries.toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
  ])
}
