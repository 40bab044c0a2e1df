import type { MetricType } from './catalogue.ts'

export type Aggregator = 'sum' | 'first' | 'max'

export interface FamilyDeclaration {
  readonly name: string
  /** Its name in the catalogue, under the default prefix; undefined for the application's own. */
  readonly catalogueName?: string | undefined
  readonly type: MetricType
  readonly help: string
  readonly labelNames: readonly string[]
  readonly aggregator: Aggregator
}

/** One time series of a family: its label values in the order of the family's label names. */
export interface Series {
  readonly labelValues: readonly string[]
  /** The labels as the exposition writes them, kept from the first scrape on: they never change. */
  labelText: string | undefined
  reset(): void
}

/** One line of an exposition, as prom-client's registries exchange it. */
export interface Sample {
  readonly labels: Record<string, string | number>
  readonly value: number
  readonly metricName?: string
  readonly exemplar?: SampleExemplar
}

export interface SampleExemplar {
  readonly labelSet: Readonly<Record<string, string>>
  readonly value: number
  /** Unix time in seconds. */
  readonly timestamp: number
}

/** What a registry reads from a metric at a scrape (prom-client's `MetricObjectWithValues`). */
export interface CollectedFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly aggregator: Aggregator
  readonly values: Sample[]
}

/**
 * Marks a family as ours across copies of this package (a hot reload, two installed versions), so
 * that a second copy goes on with the series of the first instead of failing on the name.
 */
const familyBrand = Symbol.for('prisma-prometheus.family.1')

export function isFamily(value: unknown): value is Family<Series> {
  return typeof value === 'object' && value !== null && familyBrand in value
}

/**
 * A metric with its series, registered in a prom-client registry. Recording goes to a series that
 * the caller keeps: an increment is an addition to a field, with no labels to hash on the way.
 */
export abstract class Family<S extends Series> {
  /** As declared. */
  readonly declaredName: string
  /** The name in the catalogue, under the default prefix; undefined for the application's own. */
  readonly catalogueName: string | undefined
  /** Not readonly: a prom-client registry in OpenMetrics mode cuts `_total` off here, for good. */
  name: string
  readonly type: MetricType
  readonly help: string
  readonly labelNames: readonly string[]
  readonly aggregator: Aggregator
  /** A histogram's upper bounds; undefined on other types. */
  readonly bounds: readonly number[] | undefined
  readonly #series = new Map<string, S>()
  readonly #beforeCollect = new Set<() => void | Promise<void>>()

  constructor(declaration: FamilyDeclaration, bounds?: readonly number[]) {
    Object.defineProperty(this, familyBrand, { value: true })
    this.declaredName = declaration.name
    this.catalogueName = declaration.catalogueName
    this.name = declaration.name
    this.type = declaration.type
    this.help = declaration.help
    this.labelNames = declaration.labelNames
    this.aggregator = declaration.aggregator
    this.bounds = bounds
  }

  protected abstract create(labelValues: readonly string[]): S
  protected abstract samples(series: S, labels: Record<string, string>): Sample[]

  /** The series of these label values, made at its first call. */
  with(labelValues: readonly string[]): S {
    const key = keyOf(labelValues)
    let series = this.#series.get(key)
    if (series === undefined) {
      if (labelValues.length !== this.labelNames.length) {
        throw new TypeError(
          `${this.name}: expected ${this.labelNames.length} label values (${this.labelNames.join(', ')}), got ${labelValues.length}`,
        )
      }
      series = this.create([...labelValues])
      this.#series.set(key, series)
    }
    return series
  }

  has(labelValues: readonly string[]): boolean {
    return this.#series.has(keyOf(labelValues))
  }

  remove(labelValues: readonly string[]): void {
    this.#series.delete(keyOf(labelValues))
  }

  /** All series, in the order they were made. */
  series(): IterableIterator<S> {
    return this.#series.values()
  }

  /**
   * Has `refresh` called before each collection: for values that are read, not recorded.
   * Returns a function that takes it off again.
   */
  beforeCollect(refresh: () => void | Promise<void>): () => void {
    this.#beforeCollect.add(refresh)
    return () => this.#beforeCollect.delete(refresh)
  }

  /** Brings values that are read up to date. Rejects where a reader does. */
  async refresh(): Promise<void> {
    if (this.#beforeCollect.size > 0) {
      await Promise.all([...this.#beforeCollect].map(async (refresh) => refresh()))
    }
  }

  /** prom-client's collection protocol. */
  async get(): Promise<CollectedFamily> {
    await this.refresh()
    const values: Sample[] = []
    for (const series of this.#series.values()) {
      const labels: Record<string, string> = {}
      for (const [index, name] of this.labelNames.entries()) {
        labels[name] = series.labelValues[index] as string
      }
      for (const sample of this.samples(series, labels)) values.push(sample)
    }
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values }
  }

  /** prom-client's `resetMetrics()`: every series stays, and what it has recorded starts again at 0. */
  reset(): void {
    for (const series of this.#series.values()) series.reset()
  }
}

// Label values are free text (a scope's name), so a separator could stand inside of one.
function keyOf(labelValues: readonly string[]): string {
  return labelValues.length === 1 ? (labelValues[0] as string) : JSON.stringify(labelValues)
}
