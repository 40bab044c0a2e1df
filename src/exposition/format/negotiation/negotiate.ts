import { type Alternative, parseAccept } from './accept.ts'
import { type EscapingScheme, isEscapingScheme } from '../name-escaping.ts'

/** What a body is written in. */
export interface Format {
  readonly syntax: 'text' | 'openmetrics'
  readonly escaping: EscapingScheme
  /** Names the format, its version and, where the reader needs it, the escaping. */
  readonly contentType: string
}

interface MediaType {
  readonly syntax: Format['syntax']
  readonly version: string
}

const fallback: MediaType = { syntax: 'text', version: '0.0.4' }

/**
 * The format the scraper likes best of those there are: the highest quality wins, then the more
 * specific alternative, then the earlier one. Text 0.0.4 where there is none, as the protocol says.
 *
 * https://prometheus.io/docs/instrumenting/content_negotiation/
 *
 * @param openMetrics whether OpenMetrics is among those there are
 */
export function negotiate(accept: string | undefined, openMetrics: boolean): Format {
  let best: MediaType = fallback
  let bestQuality = 0
  let bestSpecificity = 0
  let escaping: string | undefined
  for (const alternative of accept === undefined ? [] : parseAccept(accept)) {
    const { value, parameters, quality } = alternative
    const offered = offerFor(alternative)
    const specificity = value === '*/*' ? 0 : value.endsWith('/*') ? 1 : 2
    if (offered === undefined || quality === 0) continue
    if (offered.syntax === 'openmetrics' && !openMetrics) continue
    if (quality < bestQuality || (quality === bestQuality && specificity <= bestSpecificity)) {
      continue
    }
    best = offered
    bestQuality = quality
    bestSpecificity = specificity
    escaping = parameters.get('escaping')
  }
  return formatOf(best, isEscapingScheme(escaping) ? escaping : undefined)
}

function offerFor({ value, parameters }: Alternative): MediaType | undefined {
  const version = parameters.get('version')
  switch (value) {
    case 'text/plain':
      if (version === undefined || version === '0.0.4') return fallback
      return version === '1.0.0' ? { syntax: 'text', version } : undefined
    case 'application/openmetrics-text':
      if (version === undefined) return { syntax: 'openmetrics', version: '0.0.1' }
      return version === '1.0.0' || version === '0.0.1'
        ? { syntax: 'openmetrics', version }
        : undefined
    case 'application/*':
      return { syntax: 'openmetrics', version: '1.0.0' }
    case 'text/*':
    case '*/*':
      return fallback
    default:
      return undefined
  }
}

const mediaTypeNames: Readonly<Record<Format['syntax'], string>> = {
  text: 'text/plain',
  openmetrics: 'application/openmetrics-text',
}

// Readers of 0.0.4 and 0.0.1 that did not ask know no such parameter.
function formatOf({ syntax, version }: MediaType, asked: EscapingScheme | undefined): Format {
  const escaping = asked ?? 'underscores'
  const echo = asked !== undefined || version === '1.0.0' ? `; escaping=${escaping}` : ''
  const contentType = `${mediaTypeNames[syntax]}; version=${version}; charset=utf-8${echo}`
  return { syntax, escaping, contentType }
}
