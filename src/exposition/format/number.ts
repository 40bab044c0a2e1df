/** A sample's value. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

/**
 * A number in a label (`le`, `quantile`), in OpenMetrics' canonical form: as Go's `%g`, with `.0`
 * where it would look like an integer.
 *
 * https://prometheus.io/docs/specs/om/open_metrics_spec/#canonical-numbers
 */
export function formatCanonical(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value)
  const [mantissa = '', power = ''] = value.toExponential().split('e')
  const exponent = Number(power)
  if (value !== 0 && (exponent < -4 || exponent >= 6)) {
    const sign = exponent < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
