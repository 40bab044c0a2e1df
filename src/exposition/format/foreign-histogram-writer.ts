import type { Labels, SampleExemplar } from '../../metrics/samples.ts'
import type { RecordedHistogram } from '../collect/recorded-histogram.ts'
import type { ByteWriter } from './byte-writer.ts'
import { formatExemplar } from './exemplar.ts'
import type { Dialect } from './format.ts'
import { HistogramWriter } from './histogram-writer.ts'
import type { Names } from './name-writer.ts'
import { seriesOfPiece } from './own-family-writer.ts'

/**
 * Writes a histogram of prom-client from where it has recorded it, piece by piece: as samples, each
 * with an object of its own, it would leave many times its size as garbage.
 *
 * @param registryLabels labels of the registry, for series that do not have them
 */
export function* writeRecorded(
  family: { readonly name: string; readonly help: string; readonly histogram: RecordedHistogram },
  registryLabels: Labels,
  dialect: Dialect,
  names: Names,
  isTaken: (name: string) => boolean,
  out: ByteWriter,
): Generator<undefined> {
  const { bounds, series } = family.histogram
  const name = names.metric(family.name)
  const heading = dialect.heading(name, 'histogram', isTaken)
  out.text(dialect.comments(names.quoted(heading.name), heading.type, family.help))
  const writer = new HistogramWriter(name, bounds, dialect, names, out)
  let written = 0
  for (const { labels, counts, sum, exemplars } of series) {
    const texts = dialect.exemplars
      ? exemplars?.map((exemplar) => textOfExemplar(exemplar, names))
      : undefined
    writer.write(textOf(labels, registryLabels, names), counts, sum, texts)
    if (written % seriesOfPiece === 0) yield undefined
    written += 1
  }
}

function textOf(
  labels: Readonly<Record<string, string>>,
  registryLabels: Labels,
  names: Names,
): string {
  let text = ''
  const add = (name: string, value: string | number | undefined): void => {
    const label = names.label(name, String(value))
    text = text === '' ? label : `${text},${label}`
  }
  for (const name in labels) add(name, labels[name])
  for (const name in registryLabels) {
    // Each bucket has a bound of its own.
    if (name !== 'le' && !Object.hasOwn(labels, name)) add(name, registryLabels[name])
  }
  return text
}

/** The text after the count of the exemplar's bucket. */
function textOfExemplar(exemplar: SampleExemplar | null, names: Names): string {
  if (exemplar === null) return ''
  return formatExemplar(names, exemplar.labelSet, exemplar.value, exemplar.timestamp)
}
