/** A metric that is not ours, as far as both prom-client packages agree. */
export interface ForeignMetric {
  readonly name: string
  readonly help?: unknown
  readonly type?: unknown
  readonly aggregator?: unknown
  readonly labelNames?: readonly string[]
  readonly upperBounds?: readonly number[]
  readonly collect?: unknown
  get(): unknown
  /** As `get`, with the labels of a histogram's series shared by its samples: it copies less. */
  getForPromString?(): unknown
}

/** A label set as prom-client's metrics keep it. */
export type Labels = Readonly<Record<string, unknown>>

/** One sample of a metric that is not ours, in prom-client's collection protocol. */
export interface SampleData {
  readonly labels?: Labels
  /** The labels that all samples of one histogram series have in common, by reference. */
  readonly sharedLabels?: Labels
  readonly value: unknown
  /** Where it differs from the family's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string
  readonly exemplar?: ExemplarData | null
}

export interface ExemplarData {
  readonly labelSet: Labels
  readonly value: unknown
  /** Unix time in seconds. */
  readonly timestamp?: unknown
}

/** A metric that is not ours, as it answered. */
export interface FamilyData extends SampleStream {
  readonly values: readonly SampleData[]
}

/** The same, its samples perhaps made one by one as they are asked for. */
export interface SampleStream {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly values: Iterable<SampleData>
}
