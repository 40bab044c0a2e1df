/** How names outside the original character set are written (Prometheus' `escaping` parameter). */
export type EscapingScheme = 'underscores' | 'dots' | 'values' | 'allow-utf-8'

export function isEscapingScheme(value: string | undefined): value is EscapingScheme {
  return (
    value === 'underscores' || value === 'dots' || value === 'values' || value === 'allow-utf-8'
  )
}

/** Whether every reader knows the name, also one of before UTF-8 names. */
export function isLegacyMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
}

export function isLegacyLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
}

/**
 * The name as the scheme writes it. A name of the original character set stays as it is, in every
 * scheme, as in Prometheus' Go library.
 *
 * https://prometheus.io/docs/instrumenting/escaping_schemes/
 */
export function escapeMetricName(name: string, scheme: EscapingScheme): string {
  return isLegacyMetricName(name) ? name : escape(name, scheme, /[a-zA-Z_:]/, /[a-zA-Z0-9_:]/)
}

export function escapeLabelName(name: string, scheme: EscapingScheme): string {
  return isLegacyLabelName(name) ? name : escape(name, scheme, /[a-zA-Z_]/, /[a-zA-Z0-9_]/)
}

function escape(name: string, scheme: EscapingScheme, first: RegExp, others: RegExp): string {
  if (scheme === 'allow-utf-8') return name
  let escaped = scheme === 'values' ? 'U__' : ''
  let allowed = first
  for (const char of name) {
    escaped += allowed.test(char) ? keep(char, scheme) : replace(char, scheme)
    allowed = others
  }
  return escaped === '' ? '_' : escaped
}

function keep(char: string, scheme: EscapingScheme): string {
  return char === '_' && scheme !== 'underscores' ? '__' : char
}

function replace(char: string, scheme: EscapingScheme): string {
  if (scheme === 'underscores') return '_'
  if (scheme === 'dots') return char === '.' ? '_dot_' : '__'
  const code = char.codePointAt(0) ?? 0
  const isLoneSurrogate = code >= 0xd800 && code <= 0xdfff
  return isLoneSurrogate ? '_FFFD_' : `_${code.toString(16)}_`
}
