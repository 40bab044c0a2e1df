import { escapeHelp, escapeQuoted } from '../exposition/format/escape.ts'
import type { LegacyHistogram, LegacyMetric, LegacyMetricsJson } from './metrics-client.ts'

/**
 * Writes the text format as Prisma 6's engine did: counters, gauges, histograms, and an empty line
 * after each.
 *
 * @param metrics with cumulative buckets
 */
export function legacyText({ counters, gauges, histograms }: LegacyMetricsJson): string {
  return [
    ...counters.map((counter) => family(counter, 'counter', valueLine(counter))),
    ...gauges.map((gauge) => family(gauge, 'gauge', valueLine(gauge))),
    ...histograms.map((histogram) => family(histogram, 'histogram', histogramLines(histogram))),
  ].join('')
}

function family({ key, description }: LegacyMetric<unknown>, type: string, lines: string): string {
  return `# HELP ${key} ${escapeHelp(description)}\n# TYPE ${key} ${type}\n${lines}\n`
}

function valueLine({ key, labels, value }: LegacyMetric<number>): string {
  return line(key, labelTexts(labels), value)
}

function histogramLines({ key, labels, value }: LegacyMetric<LegacyHistogram>): string {
  const texts = labelTexts(labels)
  const bucket = (le: string, count: number): string =>
    line(`${key}_bucket`, [...texts, `le="${le}"`], count)
  return [
    ...value.buckets.map(([le, count]) => bucket(String(le), count)),
    bucket('+Inf', value.count),
    line(`${key}_sum`, texts, value.sum),
    line(`${key}_count`, texts, value.count),
  ].join('')
}

function line(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}\n`
}

function labelTexts(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels)
    .map(([name, value]) => `${labelName(name)}="${escapeQuoted(value)}"`)
    .toSorted()
}

/** Replaces each character that a label name cannot contain with an underscore, as Prisma 6 did. */
function labelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d|$)/, '_')
}
