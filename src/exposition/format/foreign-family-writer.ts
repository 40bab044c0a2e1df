import type { ByteWriter } from './byte-writer.ts'
import type { Dialect } from './format.ts'
import { formatExemplar } from './exemplar.ts'
import type { Labels, Sample } from '../../metrics/samples.ts'
import type { SampleStream } from '../collect/metric-family.ts'
import type { LineStart, Names } from './name-writer.ts'
import { formatNumber } from './number.ts'

/** The label whose value is a number, by type. */
const boundLabels: Readonly<Record<string, string>> = { histogram: 'le', summary: 'quantile' }

/** Characters of whole lines in one piece, about. */
const pieceLength = 4096

/**
 * Writes the lines of a family that is not ours, from what its metric answered, piece by piece.
 *
 * @param registryLabels labels that every series of the registry has where it has none of the name
 */
export function* writeData(
  family: SampleStream,
  registryLabels: Labels,
  dialect: Dialect,
  names: Names,
  isTaken: (name: string) => boolean,
  out: ByteWriter,
): Generator<undefined> {
  const name = names.metric(family.name)
  const heading = dialect.heading(name, family.type, isTaken)
  out.text(dialect.comments(names.quoted(heading.name), heading.type, family.help))
  const { type } = heading
  const starts = new SampleStarts(family.name, name, names)
  const labels = new SampleLabels(boundLabels[type], registryLabels, dialect, names)
  // What the series so far says of its `_sum`: see `admits`.
  let lowest = 0
  let hasSum = true
  let lines = ''
  for (const sample of family.values) {
    const { value } = sample
    const { suffix, start } = starts.of(sample.metricName)
    const text = labels.of(sample)
    if (type === 'histogram') {
      if (suffix === '_bucket') {
        lowest = Math.min(lowest, labels.bound)
        hasSum = true
      } else {
        hasSum &&= suffix !== '_sum' || dialect.admits(type, suffix, Math.min(value, lowest))
        if (!hasSum) continue
      }
    }
    if (!dialect.admits(type, suffix, value)) continue
    lines += text === '' ? start.bare : start.open + text + '} '
    lines += formatNumber(value)
    if (dialect.exemplars && sample.exemplar != null && mayHaveExemplar(type, suffix)) {
      const { labelSet, value: of, timestamp } = sample.exemplar
      lines += formatExemplar(names, labelSet, of, timestamp)
    }
    lines += '\n'
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

interface SampleStart {
  /** What the sample's name adds to the family's. */
  readonly suffix: string
  readonly start: LineStart
}

class SampleStarts {
  readonly #rawName: string
  readonly #name: string
  readonly #names: Names
  readonly #starts = new Map<string, SampleStart>()

  constructor(rawName: string, name: string, names: Names) {
    this.#rawName = rawName
    this.#name = name
    this.#names = names
  }

  of(metricName = this.#rawName): SampleStart {
    let start = this.#starts.get(metricName)
    if (start === undefined) {
      const suffix = metricName.startsWith(this.#rawName)
        ? metricName.slice(this.#rawName.length)
        : undefined
      const name = suffix === undefined ? this.#names.metric(metricName) : `${this.#name}${suffix}`
      start = { suffix: suffix ?? '', start: this.#names.line(name) }
      this.#starts.set(metricName, start)
    }
    return start
  }
}

interface Bound {
  readonly value: number
  readonly text: string
}

class SampleLabels {
  readonly #boundLabel: string | undefined
  readonly #registryLabels: readonly (readonly [name: string, text: string])[]
  readonly #dialect: Dialect
  readonly #names: Names
  readonly #bounds = new Map<unknown, Bound>()
  #shared: Labels | undefined
  #sharedText = ''
  /** The number in the bound label of the last sample that had one. */
  bound = 0

  constructor(
    boundLabel: string | undefined,
    registryLabels: Labels,
    dialect: Dialect,
    names: Names,
  ) {
    this.#boundLabel = boundLabel
    this.#registryLabels = Object.entries(registryLabels).map(([name, value]) => [
      name,
      names.label(name, String(value)),
    ])
    this.#dialect = dialect
    this.#names = names
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

  // The samples of a series come one after the other, so that its text serves all of them.
  #textOfShared(labels: Labels): string {
    if (labels !== this.#shared) {
      this.#shared = labels
      this.#sharedText = Object.keys(labels)
        .map((name) => this.#names.label(name, String(labels[name])))
        .join(',')
    }
    return this.#sharedText
  }

  #label(name: string, value: unknown): string {
    if (name !== this.#boundLabel) return this.#names.label(name, String(value))
    let bound = this.#bounds.get(value)
    if (bound === undefined) {
      const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
      bound = { value: number, text: this.#names.label(name, this.#dialect.bound(number)) }
      this.#bounds.set(value, bound)
    }
    this.bound = bound.value
    return bound.text
  }
}
