import type { ScrapedFamily } from './scrape.ts'

export interface Relabeling {
  /** An entry of `metric_relabel_configs`. */
  readonly relabel: string
  /** The series of the metric that remain with it. */
  readonly remaining: number
}

/**
 * A rule that reduces a metric at Prometheus: it drops the buckets of a histogram except those of `kept`
 * and `+Inf`, or the whole metric. Labels cannot be dropped: the series without them would be the same.
 */
export function relabelRule(
  { name, type, samples }: ScrapedFamily,
  kept: readonly number[] = [],
): Relabeling {
  if (type === 'histogram') {
    const dropped = samples.flatMap(({ name: series, labels: { le } }) =>
      series === `${name}_bucket` && isDropped(le, kept) ? [le] : [],
    )
    if (dropped.length > 0) {
      const bounds = [...new Set(dropped)].map(boundPattern).join('|')
      return {
        relabel: entry(['__name__', 'le'], `${escaped(name)}_bucket;(${bounds})`),
        remaining: samples.length - dropped.length,
      }
    }
  }
  const names = [...new Set(samples.map((sample) => escaped(sample.name)))].toSorted()
  return { relabel: entry(['__name__'], names.join('|')), remaining: 0 }
}

function isDropped(le: string | undefined, kept: readonly number[]): le is string {
  return le !== undefined && le !== '+Inf' && !kept.includes(Number(le))
}

/** A whole number is `5` in the text format, and `5.0` in OpenMetrics and in Prometheus 3. */
function boundPattern(le: string): string {
  const text = escaped(le.replace(/\.0$/, ''))
  return Number.isInteger(Number(le)) ? String.raw`${text}(\.0)?` : text
}

/** Names in UTF-8 may have any character. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

/** Single quotes: the backslashes are RE2's, not YAML's. */
function entry(labels: readonly string[], regex: string): string {
  const quoted = regex.replaceAll("'", "''")
  return `- source_labels: [${labels.join(', ')}]\n  regex: '${quoted}'\n  action: drop`
}
