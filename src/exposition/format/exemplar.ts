import type { Exemplar } from '../../metrics/samples.ts'
import type { LabelWriter } from './escape.ts'
import { formatNumber } from './format.ts'

/** OpenMetrics' limit for the names and values of an exemplar's labels together. */
const maxCharacters = 128

/**
 * An exemplar as it follows a sample's value. Empty if it has no labels, is longer than OpenMetrics
 * allows, or contains a NUL: readers such as Prometheus reject the whole body because of it.
 */
export function formatExemplar(
  { labelSet, value, timestamp }: Exemplar,
  writer: LabelWriter,
): string {
  let characters = 0
  const pairs: string[] = []
  for (const [name, text] of Object.entries(labelSet)) {
    if (text.includes('\0')) return ''
    characters += [...name].length + [...text].length
    pairs.push(writer.write(name, text))
  }
  if (pairs.length === 0 || characters > maxCharacters || typeof value !== 'number') return ''
  const time = typeof timestamp === 'number' && Number.isFinite(timestamp) ? ` ${timestamp}` : ''
  return ` # {${pairs.join(',')}} ${formatNumber(value)}${time}`
}
