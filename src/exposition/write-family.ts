import type { Counter } from '../series/counter.ts'
import type { Family, Series } from '../series/family.ts'
import type { Gauge } from '../series/gauge.ts'
import type { Exemplar, Histogram } from '../series/histogram.ts'
import type { Dialect, Heading } from './dialect.ts'
import { isLegacyLabelName } from './escape-name.ts'
import { formatExemplar } from './exemplar.ts'
import type { Labels } from './family-data.ts'
import type { Names } from './names.ts'
import { formatNumber } from './number.ts'

/**
 * The lines of one of our own families, read from its series as they are now. Each piece is whole
 * lines, and all of one series: what happens between two pieces cannot tear a histogram.
 *
 * @param registryLabels labels that every series of the registry has
 */
export function* writeFamily(
  family: Family<Series>,
  registryLabels: Labels,
  dialect: Dialect,
  names: Names,
  isTaken: (name: string) => boolean,
): Generator<string> {
  const name = names.metric(family.declaredName)
  const heading = dialect.heading(name, family.type, isTaken)
  yield dialect.comments(names.quoted(heading.name), heading.type, family.help)
  const labels = new LabelWriter(family, registryLabels, names)
  if (family.type === 'histogram') {
    yield* histogramLines(family as Family<Histogram>, name, labels, dialect, names)
  } else {
    yield* valueLines(family as Family<Counter | Gauge>, name, heading, labels, dialect, names)
  }
}

function* valueLines(
  family: Family<Counter | Gauge>,
  name: string,
  { type }: Heading,
  labels: LabelWriter,
  dialect: Dialect,
  names: Names,
): Generator<string> {
  const start = names.line(name)
  for (const series of family.series()) {
    const { value } = series
    if (!dialect.admits(type, '', value)) continue
    const text = labels.of(series)
    yield `${text === '' ? start.bare : `${start.open}${text}} `}${formatNumber(value)}\n`
  }
}

function* histogramLines(
  family: Family<Histogram>,
  name: string,
  labels: LabelWriter,
  dialect: Dialect,
  names: Names,
): Generator<string> {
  const bounds = family.bounds ?? []
  const bucketStart = names.line(`${name}_bucket`).open
  const sumStart = names.line(`${name}_sum`)
  const countStart = names.line(`${name}_count`)
  const bucketEnds = [...bounds, Number.POSITIVE_INFINITY].map(
    (bound) => `le="${dialect.bound(bound)}"} `,
  )
  for (const series of family.series()) {
    const { counts, sum } = series
    const exemplars = dialect.exemplars ? series.exemplars : undefined
    const text = labels.of(series)
    const bucket = text === '' ? bucketStart : `${bucketStart}${text},`
    let lines = ''
    let count = 0
    for (let index = 0; index < counts.length; index++) {
      count += counts[index] as number
      lines += bucket + (bucketEnds[index] as string) + count
      if (exemplars !== undefined) lines += exemplarOf(exemplars[index], names)
      lines += '\n'
    }
    // Where a bound is negative the sum is no counter, and without a sum there is no count.
    if (dialect.admits('histogram', '_sum', Math.min(sum, bounds[0] ?? 0))) {
      lines +=
        text === ''
          ? `${sumStart.bare}${formatNumber(sum)}\n${countStart.bare}${count}\n`
          : `${sumStart.open}${text}} ${formatNumber(sum)}\n${countStart.open}${text}} ${count}\n`
    }
    yield lines
  }
}

function exemplarOf(exemplar: Exemplar | undefined, names: Names): string {
  if (exemplar === undefined) return ''
  return formatExemplar(names, exemplar.labels, exemplar.value, exemplar.timestamp)
}

class LabelWriter {
  readonly #labelNames: readonly string[]
  readonly #names: Names
  readonly #registryText: string
  /** Text that depends on the escaping scheme cannot be kept for the next scrape. */
  readonly #cacheable: boolean

  constructor(family: Family<Series>, registryLabels: Labels, names: Names) {
    this.#labelNames = family.labelNames
    this.#names = names
    this.#cacheable = family.labelNames.every(isLegacyLabelName)
    this.#registryText = Object.entries(registryLabels)
      .filter(([name]) => !family.labelNames.includes(name))
      .filter(([name]) => !(name === 'le' && family.type === 'histogram'))
      .map(([name, value]) => names.label(name, String(value)))
      .join(',')
  }

  of(series: Series): string {
    const own = this.#cacheable ? (series.labelText ??= this.#write(series)) : this.#write(series)
    if (this.#registryText === '') return own
    return own === '' ? this.#registryText : `${own},${this.#registryText}`
  }

  #write({ labelValues }: Series): string {
    return this.#labelNames
      .map((name, index) => this.#names.label(name, labelValues[index] as string))
      .join(',')
  }
}
