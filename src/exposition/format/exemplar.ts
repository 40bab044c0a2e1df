import type { Labels } from '../../metrics/samples.ts'
import type { Names } from './name-writer.ts'
import { formatNumber } from './number.ts'

/** OpenMetrics' limit for the names and values of an exemplar's labels together. */
const maxCharacters = 128

/**
 * An exemplar as it follows a sample's value, or nothing where it says nothing or is longer than
 * OpenMetrics allows: a reader would refuse the whole body for it.
 */
export function formatExemplar(
  names: Names,
  labels: Labels,
  value: unknown,
  timestamp: unknown,
): string {
  let characters = 0
  const pairs: string[] = []
  for (const [name, labelValue] of Object.entries(labels)) {
    const text = String(labelValue)
    characters += [...name].length + [...text].length
    pairs.push(names.label(name, text))
  }
  if (pairs.length === 0 || characters > maxCharacters || typeof value !== 'number') return ''
  const time = typeof timestamp === 'number' && Number.isFinite(timestamp) ? ` ${timestamp}` : ''
  return ` # {${pairs.join(',')}} ${formatNumber(value)}${time}`
}
