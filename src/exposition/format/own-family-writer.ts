import type { Counter } from '../../metrics/counter.ts'
import type { Family, Series } from '../../metrics/metric-family.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Exemplar, Histogram } from '../../metrics/histogram.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Dialect, Heading } from './format.ts'
import { isLegacyLabelName } from './name-escaping.ts'
import { formatExemplar } from './exemplar.ts'
import type { Labels } from '../../metrics/samples.ts'
import { HistogramWriter, writeLine } from './histogram-writer.ts'
import type { Names } from './name-writer.ts'

/** How many series are written in one go. */
export const seriesOfPiece = 50

/**
 * Writes the lines of one of our own families, from its series as they are now, piece by piece. All
 * lines of a series are one piece: what happens between two cannot tear a histogram.
 *
 * @param registryLabels labels that every series of the registry has
 */
export function* writeFamily(
  family: Family<Series>,
  registryLabels: Labels,
  dialect: Dialect,
  names: Names,
  isTaken: (name: string) => boolean,
  out: ByteWriter,
): Generator<undefined> {
  const name = names.metric(family.declaredName)
  const heading = dialect.heading(name, family.type, isTaken)
  out.text(dialect.comments(names.quoted(heading.name), heading.type, family.help))
  const labels = new LabelWriter(family, registryLabels, names)
  if (family.type === 'histogram') {
    yield* writeHistograms(family as Family<Histogram>, name, labels, dialect, names, out)
  } else {
    yield* writeValues(
      family as Family<Counter | Gauge>,
      name,
      heading,
      labels,
      dialect,
      names,
      out,
    )
  }
}

function* writeValues(
  family: Family<Counter | Gauge>,
  name: string,
  { type }: Heading,
  labels: LabelWriter,
  dialect: Dialect,
  names: Names,
  out: ByteWriter,
): Generator<undefined> {
  const start = names.line(name)
  let written = 0
  for (const series of family.series()) {
    const { value } = series
    if (!dialect.admits(type, '', value)) continue
    writeLine(out, start, labels.of(series), value)
    written += 1
    if (written % seriesOfPiece === 0) yield undefined
  }
}

function* writeHistograms(
  family: Family<Histogram>,
  name: string,
  labels: LabelWriter,
  dialect: Dialect,
  names: Names,
  out: ByteWriter,
): Generator<undefined> {
  const writer = new HistogramWriter(name, family.bounds ?? [], dialect, names, out)
  let written = 0
  for (const series of family.series()) {
    const exemplars = dialect.exemplars ? exemplarsOf(series, names) : undefined
    writer.write(labels.of(series), series.counts, series.sum, exemplars)
    written += 1
    if (written % seriesOfPiece === 0) yield undefined
  }
}

/** What follows each bucket's count, or nothing where no bucket has an exemplar. */
function exemplarsOf({ counts, exemplars }: Histogram, names: Names): string[] | undefined {
  return exemplars && counts.map((_, index) => exemplarOf(exemplars[index], names))
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
