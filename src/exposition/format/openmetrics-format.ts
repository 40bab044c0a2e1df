import { escapeQuoted } from './escape.ts'
import { type ExpositionFormat, formatNumber, type IsTaken } from './format.ts'
import { unitOf } from './unit.ts'

const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary'])

/** https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export const openMetricsFormat: ExpositionFormat = {
  heading(name, type, isTaken) {
    if (type !== 'counter') return { name, type: types.has(type) ? type : 'unknown' }
    // A counter's family is named without `_total`. A counter without `_total`, or one whose short name
    // clashes with another family, has the type unknown: its samples then have the same name, and are
    // the same series, in every format.
    const short = name.endsWith('_total') ? name.slice(0, -'_total'.length) : ''
    return short === '' || clashes(short, isTaken)
      ? { name, type: 'unknown' }
      : { name: short, type }
  },
  mustSplit: (name, type, isTaken) =>
    (type === 'histogram' || type === 'summary') &&
    (isTaken(`${name}_created`) || isReserved(name, isTaken)),
  comments(name, type, help) {
    const unit = unitOf(name)
    const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`
    return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeQuoted(help)}\n`
  },
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
  created: false,
  end: '# EOF\n',
}

/** The suffixes of the samples of counters, histograms and summaries. */
const suffixes = ['_created', '_count', '_sum', '_bucket']

/**
 * Whether a strict reader would refuse a counter of the short name beside the other families: it
 * reserves every name that a family's samples could have.
 */
function clashes(short: string, isTaken: IsTaken): boolean {
  const created = `${short}_created`
  return [short, created, `${created}_total`].some(isTaken) || isReserved(short, isTaken)
}

/** Whether the samples of another family could have the name. */
function isReserved(name: string, isTaken: IsTaken): boolean {
  return suffixes.some((suffix) => name.endsWith(suffix) && isTaken(name.slice(0, -suffix.length)))
}

/**
 * A number in a label (`le`, `quantile`) in OpenMetrics' canonical form: Go's `%g`, with `.0` added to
 * an integer.
 *
 * https://prometheus.io/docs/specs/om/open_metrics_spec/#canonical-numbers
 */
function formatCanonical(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value)
  const [mantissa = '', power = ''] = value.toExponential().split('e')
  const exponent = Number(power)
  if (value !== 0 && (exponent < -4 || exponent >= 6)) {
    const sign = exponent < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
