import type { ByteWriter } from './byte-writer.ts'
import type { Dialect } from './format.ts'
import { formatExemplar } from './exemplar.ts'
import type { Labels } from '../collect/metric-family.ts'
import { HistogramWriter } from './histogram-writer.ts'
import type { Names } from './name-writer.ts'
import type { HistogramEntry, RecordedHistogram } from '../collect/prom-client-internals.ts'
import { seriesOfPiece } from './own-family-writer.ts'

/**
 * Writes a histogram of prom-client from where it has recorded it, piece by piece: as samples, each
 * with an object of its own, it would leave many times its size as garbage.
 *
 * @param registryLabels labels that every series of the registry has where it has none of the name
 */
export function* writeRecorded(
  family: { readonly name: string; readonly help: string; readonly histogram: RecordedHistogram },
  registryLabels: Labels,
  dialect: Dialect,
  names: Names,
  isTaken: (name: string) => boolean,
  out: ByteWriter,
): Generator<undefined> {
  const { upperBounds, entries } = family.histogram
  const name = names.metric(family.name)
  const heading = dialect.heading(name, 'histogram', isTaken)
  out.text(dialect.comments(names.quoted(heading.name), heading.type, family.help))
  const writer = new HistogramWriter(name, upperBounds, dialect, names, out)
  const keys = upperBounds.map(String)
  const counts = new Array<number>(keys.length + 1).fill(0)
  for (const [index, entry] of entries.entries()) {
    const { labels, bucketValues, sum, count } = entry
    let above = count
    for (const [at, key] of keys.entries()) {
      const inBucket = bucketValues[key] ?? 0
      counts[at] = inBucket
      above -= inBucket
    }
    counts[keys.length] = above
    const exemplars = dialect.exemplars ? exemplarsOf(entry, keys, names) : undefined
    writer.write(textOf(labels, registryLabels, names), counts, sum, exemplars)
    if (index % seriesOfPiece === 0) yield undefined
  }
}

function textOf(labels: Labels, registryLabels: Labels, names: Names): string {
  let text = ''
  const add = (name: string, value: unknown): void => {
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

/** What follows each bucket's count, or nothing where no bucket has an exemplar. */
function exemplarsOf(
  { bucketExemplars = {} }: HistogramEntry,
  keys: readonly string[],
  names: Names,
): string[] | undefined {
  const exemplars = [...keys, '-1'].map((key) => bucketExemplars[key])
  if (exemplars.every((exemplar) => exemplar == null)) return undefined
  return exemplars.map((exemplar) => {
    if (exemplar == null) return ''
    return formatExemplar(names, exemplar.labelSet, exemplar.value, exemplar.timestamp)
  })
}
