import type { Labels, Sample } from '../../metrics/samples.ts'
import type { SampleStream } from '../collect/metric-family.ts'
import { escapeMetricName } from '../collect/metric.ts'
import type { LabelWriter } from './escape.ts'
import { formatExemplar } from './exemplar.ts'
import { createdSuffix, type ExpositionFormat, type FamilyOutput, formatNumber } from './format.ts'

/** The label whose value is a number, by type. */
const boundLabels: Readonly<Record<string, string>> = { histogram: 'le', summary: 'quantile' }

/** Types whose series have a line with the time of their creation. */
const createdTypes: ReadonlySet<string> = new Set(['counter', 'histogram'])

/** Characters of whole lines in one piece, about. */
const pieceLength = 4096

/**
 * Writes the lines of another library's family from the samples of its metric, piece by piece.
 *
 * @param registryLabels labels added to every series that does not have a label of that name
 */
export function* writeData(
  family: SampleStream,
  registryLabels: Labels,
  output: FamilyOutput,
): Generator<undefined> {
  const { format, out } = output
  const name = escapeMetricName(family.name)
  const heading = format.heading(name, family.type, output.isTaken)
  out.text(format.comments(heading.name, heading.type, family.help))
  const { type } = heading
  const names = new SampleNames(family.name, name)
  const labels = new SampleLabels(boundLabels[type], registryLabels, format, output.labels)
  // Whether the series read so far allows its `_sum`: see `admits`.
  let lowest = 0
  let hasSum = true
  let lines = ''
  for (const sample of family.values) {
    const { value } = sample
    const { suffix, text } = names.of(sample.metricName)
    const labelText = labels.of(sample)
    if (type === 'histogram') {
      if (suffix === '_bucket') {
        lowest = Math.min(lowest, labels.bound)
        hasSum = true
      } else {
        hasSum &&= suffix !== '_sum' || format.admits(type, suffix, Math.min(value, lowest))
        if (!hasSum) continue
      }
    }
    if (!format.admits(type, suffix, value)) continue
    lines += labelText === '' ? `${text} ` : `${text}{${labelText}} `
    lines += formatNumber(value)
    if (format.exemplars && sample.exemplar != null && mayHaveExemplar(type, suffix)) {
      lines += formatExemplar(sample.exemplar, output.labels)
    }
    lines += '\n'
    if (format.created && sample.startedAt !== undefined && createdTypes.has(type)) {
      const braces = labelText === '' ? '' : `{${labelText}}`
      lines += `${heading.name}${createdSuffix}${braces} ${sample.startedAt / 1000}\n`
    }
    if (lines.length >= pieceLength) {
      out.text(lines)
      lines = ''
      yield undefined
    }
  }
  out.text(lines)
}

function mayHaveExemplar(type: string, suffix: string): boolean {
  return type === 'counter' || (type === 'histogram' && suffix === '_bucket')
}

interface SampleName {
  /** The suffix that the sample's name adds to the family's name. */
  readonly suffix: string
  /** The sample's name, escaped. */
  readonly text: string
}

class SampleNames {
  readonly #rawName: string
  readonly #name: string
  readonly #known = new Map<string, SampleName>()

  constructor(rawName: string, name: string) {
    this.#rawName = rawName
    this.#name = name
  }

  of(metricName = this.#rawName): SampleName {
    let known = this.#known.get(metricName)
    if (known === undefined) {
      known = metricName.startsWith(this.#rawName)
        ? this.#withSuffix(metricName.slice(this.#rawName.length))
        : { suffix: '', text: escapeMetricName(metricName) }
      this.#known.set(metricName, known)
    }
    return known
  }

  #withSuffix(suffix: string): SampleName {
    return { suffix, text: this.#name + suffix }
  }
}

interface Bound {
  readonly value: number
  readonly text: string
}

class SampleLabels {
  readonly #boundLabel: string | undefined
  readonly #registryLabels: readonly (readonly [name: string, text: string])[]
  readonly #format: ExpositionFormat
  readonly #writer: LabelWriter
  readonly #bounds = new Map<unknown, Bound>()
  #shared: Labels | undefined
  #sharedText = ''
  /** The number in the bound label of the last sample with one. */
  bound = 0

  constructor(
    boundLabel: string | undefined,
    registryLabels: Labels,
    format: ExpositionFormat,
    writer: LabelWriter,
  ) {
    this.#boundLabel = boundLabel
    this.#registryLabels = Object.entries(registryLabels).map(([name, value]) => [
      name,
      writer.write(name, String(value)),
    ])
    this.#format = format
    this.#writer = writer
  }

  of({ labels, sharedLabels }: Sample): string {
    let text = sharedLabels === undefined ? '' : this.#textOfShared(sharedLabels)
    for (const name in labels) {
      if (sharedLabels !== undefined && Object.hasOwn(sharedLabels, name)) continue
      const label = this.#label(name, labels[name])
      text = text === '' ? label : text + ',' + label
    }
    for (const [name, label] of this.#registryLabels) {
      if (Object.hasOwn(labels, name)) continue
      if (sharedLabels !== undefined && Object.hasOwn(sharedLabels, name)) continue
      text = text === '' ? label : text + ',' + label
    }
    return text
  }

  // The samples of a series are adjacent, so its text serves all of them.
  #textOfShared(labels: Labels): string {
    if (labels !== this.#shared) {
      this.#shared = labels
      this.#sharedText = Object.keys(labels)
        .map((name) => this.#writer.write(name, String(labels[name])))
        .join(',')
    }
    return this.#sharedText
  }

  #label(name: string, value: unknown): string {
    if (name !== this.#boundLabel) return this.#writer.write(name, String(value))
    let bound = this.#bounds.get(value)
    if (bound === undefined) {
      const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
      bound = { value: number, text: this.#writer.write(name, this.#format.bound(number)) }
      this.#bounds.set(value, bound)
    }
    this.bound = bound.value
    return bound.text
  }
}
