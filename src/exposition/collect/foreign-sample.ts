import {
  type Labels,
  type Sample,
  type Exemplar,
  textLabels,
  textOfLabel,
} from '../../metrics/samples.ts'
import { codedError } from '../../support/coded-error.ts'
import { isObject } from '../../support/validate.ts'

/** The label whose value is a number, by type. */
const boundLabels: Readonly<Record<string, string>> = { histogram: 'le', summary: 'quantile' }

type Values = Readonly<Record<string, unknown>>

interface RawSample {
  readonly labels?: Values
  readonly sharedLabels?: Values
  readonly value?: unknown
  readonly metricName?: string
  readonly exemplar?: unknown
}

/** Converts the samples that metrics of one type return: labels to text, values to numbers. */
export class SampleConverter {
  readonly #name: string
  readonly #boundLabel: string | undefined
  #rawShared: Values | undefined
  #shared: Labels = {}

  constructor({ name, type }: { readonly name: string; readonly type: string }) {
    this.#name = name
    this.#boundLabel = boundLabels[type]
  }

  /** @throws {TypeError} for a sample that is not an object, or a value that cannot be a number. */
  convert(raw: unknown): Sample {
    if (!isObject(raw)) {
      throw codedError(
        'PRISMA_PROMETHEUS_INVALID_METRIC',
        `prisma-prometheus: metric "${this.#name}": expected its samples to be objects, got ${String(raw)}`,
      )
    }
    const { labels = {}, sharedLabels, value, metricName, exemplar } = raw as RawSample
    return {
      labels: this.#labelsOf(labels),
      ...(sharedLabels === undefined ? undefined : { sharedLabels: this.#sharedOf(sharedLabels) }),
      value: Number(value),
      ...(metricName === undefined ? undefined : { metricName }),
      ...(exemplar == null ? undefined : { exemplar: exemplarOf(exemplar) }),
    }
  }

  #labelsOf(labels: Values): Labels {
    const bound = this.#boundLabel
    if (bound === undefined || !Object.hasOwn(labels, bound)) return textLabels(labels)
    return { ...textLabels(labels), [bound]: boundOf(labels[bound]) }
  }

  // The samples of one series follow each other and keep sharing their labels.
  #sharedOf(labels: Values): Labels {
    if (labels !== this.#rawShared) {
      this.#rawShared = labels
      this.#shared = textLabels(labels)
    }
    return this.#shared
  }
}

function boundOf(value: unknown): string | number {
  if (value === Number.POSITIVE_INFINITY || value === '+Inf') return '+Inf'
  const number = Number(value)
  return Number.isFinite(number) ? number : textOfLabel(value)
}

/** An exemplar with its labels as text; null if it is missing or malformed. */
export function exemplarOf(raw: unknown): Exemplar | null {
  if (!isObject(raw)) return null
  const { labelSet, value, timestamp } = raw as Readonly<Record<keyof Exemplar, unknown>>
  if (!isObject(labelSet) || typeof value !== 'number') return null
  const exemplar = { labelSet: textLabels({ ...labelSet }), value }
  return typeof timestamp === 'number' && Number.isFinite(timestamp)
    ? { ...exemplar, timestamp }
    : exemplar
}
