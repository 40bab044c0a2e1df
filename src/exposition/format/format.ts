import type { ByteWriter } from './byte-writer.ts'
import { escapeHelp, type LabelWriter } from './escape.ts'

/** The differences between the exposition formats. */
export interface ExpositionFormat {
  /**
   * The name and type in a family's comments; the names of its samples do not change.
   *
   * @param isTaken whether another family has the name
   */
  heading(name: string, type: string, isTaken: IsTaken): Heading
  /**
   * Whether a family of the type cannot be written as one: a strict reader would take another family
   * for a part of it.
   */
  mustSplit(name: string, type: string, isTaken: IsTaken): boolean
  /** The comment lines before a family's samples. */
  comments(name: string, type: string, help: string): string
  /** A number in a label: `le`, `quantile`. */
  bound(value: number): string
  /** Whether the format allows the sample. */
  admits(type: string, suffix: string, value: number): boolean
  /** Whether exemplars are written. */
  readonly exemplars: boolean
  /** Whether counters and histograms have a line with the time when their series was created. */
  readonly created: boolean
  /** The last line of the body. */
  readonly end: string
}

export interface Heading {
  readonly name: string
  readonly type: string
}

export type IsTaken = (name: string) => boolean

/** Where a family is written, and how. */
export interface FamilyOutput {
  readonly format: ExpositionFormat
  readonly labels: LabelWriter
  readonly isTaken: IsTaken
  readonly out: ByteWriter
}

/** The suffix of the line with the time when a series was created. */
export const createdSuffix = '_created'

/** A sample's value. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary'])

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const textFormat: ExpositionFormat = {
  heading: (name, type) => ({ name, type: types.has(type) ? type : 'untyped' }),
  mustSplit: () => false,
  comments: (name, type, help) => `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`,
  bound: formatNumber,
  admits: () => true,
  exemplars: false,
  created: false,
  end: '',
}
