import type { MetricType } from './catalogue.ts'
import {
  type Aggregator,
  type CollectedFamily,
  type Labels,
  type Sample,
  textOfLabel,
} from './samples.ts'

export interface FamilyDeclaration {
  readonly name: string
  /** The name in the catalogue, with the default prefix; undefined for metrics of the application. */
  readonly catalogueName?: string | undefined
  readonly type: MetricType
  readonly help: string
  readonly labelNames: readonly string[]
  readonly aggregator: Aggregator
  /** True if no registry holds the family: all its label values share one series. @default false */
  readonly absent?: boolean
}

/** One time series of a family: its label values in the order of the family's label names. */
export interface Series {
  readonly labelValues: readonly string[]
  /** The labels as an exposition writes them. They never change: the first scrape sets this. */
  labelText: string | undefined
  reset(): void
}

/**
 * Marks a family of this package across its copies (a hot reload, two installed versions), so
 * that a second copy records into the series of the first instead of failing on the name. The number
 * is the version of the layout: raise it with every change that an older copy would misread.
 */
const familyBrand = Symbol.for('prisma-prometheus.family.3')

export function isFamily(value: unknown): value is Family<Series> {
  return typeof value === 'object' && value !== null && familyBrand in value
}

/**
 * A metric with its series, registered in a prom-client registry. Recording goes to a series that
 * the caller keeps: an increment is an addition to a field, without hashing labels.
 */
export abstract class Family<S extends Series> {
  /** As declared. */
  readonly declaredName: string
  /** The name in the catalogue, with the default prefix; undefined for metrics of the application. */
  readonly catalogueName: string | undefined
  /** Not readonly: a prom-client registry in OpenMetrics mode cuts `_total` off here, for good. */
  name: string
  readonly type: MetricType
  readonly help: string
  readonly labelNames: readonly string[]
  readonly aggregator: Aggregator
  /** Whether `detail` leaves the metric out. Recording then has no effect, and no memory grows. */
  readonly absent: boolean
  /** A histogram's upper bounds; undefined on other types. */
  readonly bounds: readonly number[] | undefined
  /** Whether a histogram also records native buckets. */
  readonly isNative: boolean
  readonly #series = new Map<string, S>()
  readonly #beforeCollect = new Set<() => void | Promise<void>>()

  constructor(declaration: FamilyDeclaration, bounds?: readonly number[], isNative = false) {
    Object.defineProperty(this, familyBrand, { value: true })
    this.declaredName = declaration.name
    this.catalogueName = declaration.catalogueName
    this.name = declaration.name
    this.type = declaration.type
    this.help = declaration.help
    this.labelNames = declaration.labelNames
    this.aggregator = declaration.aggregator
    this.absent = declaration.absent ?? false
    this.bounds = bounds
    this.isNative = isNative
  }

  protected abstract create(labelValues: readonly string[]): S
  protected abstract samples(series: S, labels: Labels): Sample[]

  /** The series of these label values, created by the first call. */
  with(labelValues: readonly string[]): S {
    const key = this.absent ? '' : keyOf(labelValues)
    let series = this.#series.get(key)
    if (series === undefined) {
      if (labelValues.length !== this.labelNames.length) {
        throw new TypeError(
          `${this.name}: expected ${this.labelNames.length} label values (${this.labelNames.join(', ')}), got ${labelValues.length}`,
        )
      }
      series = this.create(labelValues.map(textOfLabel))
      this.#series.set(key, series)
    }
    return series
  }

  /** Creates a series that the family does not expose. */
  unregistered(labelValues: readonly string[]): S {
    return this.create([...labelValues])
  }

  has(labelValues: readonly string[]): boolean {
    return this.#series.has(keyOf(labelValues))
  }

  remove(labelValues: readonly string[]): void {
    this.#series.delete(keyOf(labelValues))
  }

  /** All series, in the order of their creation. */
  series(): IterableIterator<S> {
    return this.#series.values()
  }

  /**
   * Calls `refresh` before each collection: for values that are read, not recorded.
   * Returns a function that ends this.
   */
  beforeCollect(refresh: () => void | Promise<void>): () => void {
    this.#beforeCollect.add(refresh)
    return () => this.#beforeCollect.delete(refresh)
  }

  /** Updates the values that are read. Rejects if a reader does. */
  async refresh(): Promise<void> {
    if (this.#beforeCollect.size > 0) {
      await Promise.all([...this.#beforeCollect].map(async (refresh) => refresh()))
    }
  }

  /** The samples of all series as they are now. */
  snapshot(): Sample[] {
    const values: Sample[] = []
    for (const series of this.#series.values()) {
      for (const sample of this.samples(series, this.#labelsOf(series))) values.push(sample)
    }
    return values
  }

  #labelsOf({ labelValues }: S): Labels {
    return Object.fromEntries(
      this.labelNames.map((name, index) => [name, labelValues[index] as string]),
    )
  }

  /** prom-client's collection protocol. */
  async get(): Promise<CollectedFamily> {
    await this.refresh()
    const values = this.snapshot().map(({ labels, sharedLabels, ...rest }): Sample => {
      const { startedAt: _, ...sample } = rest
      return Object.assign(sample, { labels: { ...labels, ...sharedLabels } })
    })
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values }
  }

  /** prom-client's `resetMetrics()`: every series stays, and its counts restart at 0. */
  reset(): void {
    for (const series of this.#series.values()) series.reset()
  }
}

/** Describes the type, labels and buckets of a metric in an error. */
export function describeMetric(
  type: string,
  labelNames: readonly string[],
  bounds?: readonly unknown[],
  isNative = false,
): string {
  const buckets =
    bounds === undefined || (isNative && bounds.length === 0) ? [] : [bounds.join(' ')]
  if (isNative) buckets.push('native')
  const described = buckets.length === 0 ? '' : ` and buckets ${buckets.join(' and ')}`
  return `a ${type} with labels ${labelNames.join(', ') || '(none)'}${described}`
}

// With their lengths: label values are free text (a scope's name) and may contain any separator.
function keyOf(labelValues: readonly string[]): string {
  if (labelValues.length === 1) return textOfLabel(labelValues[0])
  let key = ''
  for (const value of labelValues) {
    const text = textOfLabel(value)
    key += `${text.length}:${text}`
  }
  return key
}
