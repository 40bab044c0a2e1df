import type { CollectedFamily } from '../series/family.ts'
import { escapeHelp, escapeQuoted } from './escape.ts'

export const textContentType = 'text/plain; version=0.0.4; charset=utf-8'

export function formatFamily(family: CollectedFamily): string {
  const { name, help, type } = family
  let text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`
  for (const { metricName = name, labels, value } of family.values) {
    text += `${metricName}${formatLabels(labels)} ${formatValue(value)}\n`
  }
  return text
}

function formatLabels(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeQuoted(String(value))}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}
