import type { Labels } from '../../metrics/samples.ts'
import type { RecordedHistogram } from '../collect/recorded-histogram.ts'
import { escapeMetricName } from '../collect/metric.ts'
import type { LabelWriter } from './escape.ts'
import type { FamilyOutput } from './format.ts'
import { HistogramWriter } from './histogram-writer.ts'
import { seriesOfPiece } from './own-family-writer.ts'

/**
 * Writes a histogram of prom-client from its internal storage, piece by piece. Reading it as samples,
 * each an object of its own, would leave many times its size as garbage.
 *
 * @param registryLabels labels added to every series that does not have a label of that name
 */
export function* writeRecorded(
  family: { readonly name: string; readonly help: string; readonly histogram: RecordedHistogram },
  registryLabels: Labels,
  output: FamilyOutput,
): Generator<undefined> {
  const { format, labels: writer, isTaken, out } = output
  const { bounds, series } = family.histogram
  const name = escapeMetricName(family.name)
  const heading = format.heading(name, 'histogram', isTaken)
  out.text(format.comments(heading.name, heading.type, family.help))
  const histograms = new HistogramWriter(name, bounds, output)
  let written = 0
  for (const values of series) {
    histograms.write(textOf(values.labels, registryLabels, writer), values)
    if (written % seriesOfPiece === 0) yield undefined
    written += 1
  }
}

function textOf(
  labels: Readonly<Record<string, string>>,
  registryLabels: Labels,
  writer: LabelWriter,
): string {
  let text = ''
  const add = (name: string, value: string | number | undefined): void => {
    const label = writer.write(name, String(value))
    text = text === '' ? label : `${text},${label}`
  }
  for (const name in labels) add(name, labels[name])
  for (const name in registryLabels) {
    // Each bucket has a bound of its own.
    if (name !== 'le' && !Object.hasOwn(labels, name)) add(name, registryLabels[name])
  }
  return text
}
