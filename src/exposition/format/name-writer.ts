import {
  escapeLabelName,
  escapeMetricName,
  type EscapingScheme,
  isLegacyLabelName,
  isLegacyMetricName,
} from './name-escaping.ts'
import { escapeQuoted } from './escape.ts'

/** The start of a sample's line, up to where its labels or its value follow. */
export interface LineStart {
  /** Without labels: the value follows. */
  readonly bare: string
  /** With labels: they follow, and then `} `. */
  readonly open: string
}

/**
 * Writes the names of one family's samples and labels. A name outside the original character set
 * that the scheme leaves as it is goes between quotes, the metric's inside the braces.
 */
export class Names {
  readonly #scheme: EscapingScheme
  readonly #labels = new Map<string, string>()

  constructor(scheme: EscapingScheme) {
    this.#scheme = scheme
  }

  metric(name: string): string {
    return escapeMetricName(name, this.#scheme)
  }

  /** `escapedName` in a comment line. */
  quoted(escapedName: string): string {
    return isLegacyMetricName(escapedName) ? escapedName : `"${escapeQuoted(escapedName)}"`
  }

  line(escapedName: string): LineStart {
    if (isLegacyMetricName(escapedName)) {
      return { bare: `${escapedName} `, open: `${escapedName}{` }
    }
    const quoted = this.quoted(escapedName)
    return { bare: `{${quoted}} `, open: `{${quoted},` }
  }

  /** A label, escaped, as it stands between the braces. */
  label(name: string, value: string): string {
    return `${this.#labelStart(name)}${escapeQuoted(value)}"`
  }

  #labelStart(name: string): string {
    let start = this.#labels.get(name)
    if (start === undefined) {
      const escaped = escapeLabelName(name, this.#scheme)
      start = isLegacyLabelName(escaped) ? `${escaped}="` : `"${escapeQuoted(escaped)}"="`
      this.#labels.set(name, start)
    }
    return start
  }
}
