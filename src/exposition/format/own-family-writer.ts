import type { Counter } from '../../metrics/counter.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import type { Family, Series } from '../../metrics/metric-family.ts'
import type { Labels } from '../../metrics/samples.ts'
import { escapeMetricName } from '../collect/metric.ts'
import type { LabelWriter } from './escape.ts'
import { createdSuffix, type FamilyOutput, type Heading } from './format.ts'
import { HistogramWriter, writeLine } from './histogram-writer.ts'

/** Series written before the event loop may run. */
export const seriesOfPiece = 50

/**
 * Writes the lines of one of this package's families from its current series, piece by piece. All
 * lines of a series are one piece: an observation between two pieces cannot tear a histogram.
 *
 * @param registryLabels labels added to every series of the registry
 */
export function* writeFamily(
  family: Family<Series>,
  registryLabels: Labels,
  output: FamilyOutput,
): Generator<undefined> {
  const { format, out } = output
  const name = escapeMetricName(family.declaredName)
  const heading = format.heading(name, family.type, output.isTaken)
  out.text(format.comments(heading.name, heading.type, family.help))
  const labels = new SeriesLabels(family, registryLabels, output.labels)
  if (family.type === 'histogram') {
    yield* writeHistograms(family as Family<Histogram>, name, labels, output)
  } else {
    yield* writeValues(family as Family<Counter | Gauge>, name, heading, labels, output)
  }
}

function* writeValues(
  family: Family<Counter | Gauge>,
  name: string,
  { name: familyName, type }: Heading,
  labels: SeriesLabels,
  { format, out }: FamilyOutput,
): Generator<undefined> {
  const createdName = `${familyName}${createdSuffix}`
  let written = 0
  for (const series of family.series()) {
    const { value } = series
    if (!format.admits(type, '', value)) continue
    writeLine(out, name, labels.of(series), value)
    if (format.created && type === 'counter' && 'startedAt' in series) {
      writeLine(out, createdName, labels.of(series), series.startedAt / 1000)
    }
    written += 1
    if (written % seriesOfPiece === 0) yield undefined
  }
}

function* writeHistograms(
  family: Family<Histogram>,
  name: string,
  labels: SeriesLabels,
  output: FamilyOutput,
): Generator<undefined> {
  const histograms = new HistogramWriter(name, family.bounds ?? [], output)
  let written = 0
  for (const series of family.series()) {
    histograms.write(labels.of(series), series)
    written += 1
    if (written % seriesOfPiece === 0) yield undefined
  }
}

class SeriesLabels {
  readonly #labelNames: readonly string[]
  readonly #writer: LabelWriter
  readonly #registryText: string

  constructor(family: Family<Series>, registryLabels: Labels, writer: LabelWriter) {
    this.#labelNames = family.labelNames
    this.#writer = writer
    this.#registryText = Object.entries(registryLabels)
      .filter(([name]) => !family.labelNames.includes(name))
      .filter(([name]) => !(name === 'le' && family.type === 'histogram'))
      .map(([name, value]) => writer.write(name, String(value)))
      .join(',')
  }

  of(series: Series): string {
    const own = (series.labelText ??= this.#write(series))
    if (this.#registryText === '') return own
    return own === '' ? this.#registryText : `${own},${this.#registryText}`
  }

  #write({ labelValues }: Series): string {
    return this.#labelNames
      .map((name, index) => this.#writer.write(name, labelValues[index] as string))
      .join(',')
  }
}
