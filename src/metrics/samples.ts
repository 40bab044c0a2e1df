import type { MetricType } from './catalogue.ts'
import type { NativeValues } from './histograms/native-buckets.ts'

export type Aggregator = 'sum' | 'first' | 'max'

/**
 * Label values as text. Only `le` of a histogram and `quantile` of a summary are numbers: their text
 * depends on the exposition format.
 */
export type Labels = Readonly<Record<string, string | number>>

/** One line of an exposition, in prom-client's collection protocol. */
export interface Sample {
  readonly labels: Labels
  /** Labels that all samples of one histogram series share, by reference. */
  readonly sharedLabels?: Labels
  readonly value: number
  /** The rest that the value's rounding removed, for a sum to which more will be added. */
  readonly rest?: number
  /** The name of the line if it differs from the family's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string
  readonly exemplar?: Exemplar | null
  /** When the series was created or last reset, in Unix milliseconds: on a counter, or on `…_count`. */
  readonly startedAt?: number
  /** The native buckets of the series: on `…_count`. */
  readonly native?: NativeValues
}

/** An observation that represents its bucket or counter, with labels (a trace id) that lead to its origin. */
export interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>
  readonly value: number
  /** Unix time in seconds. */
  readonly timestamp?: number
}

/** The object that a prom-client registry reads from a metric at a scrape (`MetricObjectWithValues`). */
export interface CollectedFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly aggregator: Aggregator
  readonly values: Sample[]
}

/** The text of a label value: every label value of this package becomes text here. */
export function textOfLabel(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

/** Replaces the characters that a label name may not have. */
export function escapeLabelName(name: string): string {
  return name.replaceAll(/^[^a-zA-Z_]|[^a-zA-Z0-9_]/gu, '_') || '_'
}

/** The labels with their values as text; the object itself if they are text already. */
export function textLabels(
  labels: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  if (isText(labels)) return labels
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, textOfLabel(value)]),
  )
}

function isText(
  labels: Readonly<Record<string, unknown>>,
): labels is Readonly<Record<string, string>> {
  for (const name in labels) if (typeof labels[name] !== 'string') return false
  return true
}
