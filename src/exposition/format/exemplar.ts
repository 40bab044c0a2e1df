import { escapeLabelName, type Exemplar } from '../../metrics/samples.ts'
import type { LabelWriter } from './escape.ts'
import { formatNumber } from './format.ts'

/** OpenMetrics' limit for the names and values of an exemplar's labels together. */
const maxCharacters = 128

/**
 * The labels of an exemplar. Undefined if it has no labels, is longer than OpenMetrics and the storage
 * of Prometheus allow, or contains a NUL: readers such as Prometheus reject the whole body because of it.
 */
export function exemplarLabels({
  labelSet,
  value,
}: Exemplar): readonly (readonly [name: string, value: string])[] | undefined {
  const labels = Object.entries(labelSet)
  let characters = 0
  for (const [name, text] of labels) {
    if (text.includes('\0')) return undefined
    characters += [...name].length + [...text].length
  }
  if (labels.length === 0 || characters > maxCharacters || typeof value !== 'number') {
    return undefined
  }
  return labels.map(([name, text]) => [escapeLabelName(name), text])
}

/** An exemplar as it follows a sample's value in OpenMetrics; empty if it is not allowed. */
export function formatExemplar(exemplar: Exemplar, writer: LabelWriter): string {
  const labels = exemplarLabels(exemplar)
  if (labels === undefined) return ''
  const { value, timestamp } = exemplar
  const pairs = labels.map(([name, text]) => writer.write(name, text))
  const time = typeof timestamp === 'number' && Number.isFinite(timestamp) ? ` ${timestamp}` : ''
  return ` # {${pairs.join(',')}} ${formatNumber(value)}${time}`
}
