import type { Dialect } from './format.ts'
import { escapeQuoted } from './escape.ts'
import { formatCanonical } from './number.ts'

const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary'])

/** https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export const openMetricsFormat: Dialect = {
  heading(name, type, isTaken) {
    if (type !== 'counter') return { name, type: types.has(type) ? type : 'unknown' }
    // A counter's family goes by its name without `_total`. One that has none, or whose short name
    // clashes with another family, is written as of unknown type: its samples then have the same name
    // in every format, and stay the same series whichever the scraper asks for.
    const short = name.endsWith('_total') ? name.slice(0, -'_total'.length) : ''
    return short === '' || clashes(short, isTaken)
      ? { name, type: 'unknown' }
      : { name: short, type }
  },
  comments: (name, type, help) => `# TYPE ${name} ${type}\n# HELP ${name} ${escapeQuoted(help)}\n`,
  bound: formatCanonical,
  admits(type, suffix, value) {
    switch (type) {
      case 'counter':
        return value >= 0
      case 'histogram':
        return value >= 0
      case 'summary':
        return suffix === '' ? !(value < 0) : value >= 0
      default:
        return true
    }
  },
  exemplars: true,
  end: '# EOF\n',
}

/** What counters, histograms and summaries can have behind their names in samples of theirs. */
const suffixes = ['_created', '_count', '_sum', '_bucket']

/**
 * Whether a reader would take a counter of the short name for part of another family, or another
 * family for part of it: to strict ones, a family has all the names it could have.
 */
function clashes(short: string, isTaken: (name: string) => boolean): boolean {
  const created = `${short}_created`
  return (
    [short, created, `${created}_total`].some(isTaken) ||
    suffixes.some((suffix) => short.endsWith(suffix) && isTaken(short.slice(0, -suffix.length)))
  )
}
