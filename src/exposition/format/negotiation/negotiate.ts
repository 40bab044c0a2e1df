import { type Alternative, parseAccept } from './accept.ts'

/** The exposition format of one response. */
export interface NegotiatedFormat {
  readonly syntax: 'text' | 'openmetrics' | 'protobuf'
  /** Names the format, its version and, for readers that know the parameter, the escaping scheme. */
  readonly contentType: string
}

interface MediaType {
  readonly syntax: NegotiatedFormat['syntax']
  readonly version: string
}

const protobufMessage = 'io.prometheus.client.MetricFamily'

/** The formats on offer besides text. */
export interface OfferedFormats {
  readonly openMetrics: boolean
  readonly protobuf: boolean
}

const fallback: MediaType = { syntax: 'text', version: '0.0.4' }

/**
 * Negotiates the format: the highest quality wins, then the more specific alternative, then the
 * earlier one. Text 0.0.4 if the header accepts no format on offer, as the protocol requires.
 *
 * https://prometheus.io/docs/instrumenting/content_negotiation/
 */
export function negotiate(accept: string | undefined, offers: OfferedFormats): NegotiatedFormat {
  let best: MediaType = fallback
  let bestQuality = 0
  let bestSpecificity = 0
  let knowsEscaping = false
  for (const alternative of accept === undefined ? [] : parseAccept(accept)) {
    const { value, parameters, quality } = alternative
    const offered = offerFor(alternative)
    const specificity = value === '*/*' ? 0 : value.endsWith('/*') ? 1 : 2
    if (offered === undefined || quality === 0) continue
    if (offered.syntax === 'openmetrics' && !offers.openMetrics) continue
    if (offered.syntax === 'protobuf' && !offers.protobuf) continue
    if (quality < bestQuality || (quality === bestQuality && specificity <= bestSpecificity)) {
      continue
    }
    best = offered
    bestQuality = quality
    bestSpecificity = specificity
    knowsEscaping = parameters.has('escaping')
  }
  return formatOf(best, knowsEscaping)
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
    case 'application/vnd.google.protobuf': {
      // Both parameters are part of the type: other messages and encodings have it too.
      const isOffered =
        parameters.get('proto') === protobufMessage && parameters.get('encoding') === 'delimited'
      return isOffered ? { syntax: 'protobuf', version: '' } : undefined
    }
    case 'application/*':
      return { syntax: 'openmetrics', version: '1.0.0' }
    case 'text/*':
    case '*/*':
      return fallback
    default:
      return undefined
  }
}

const mediaTypeNames = {
  text: 'text/plain',
  openmetrics: 'application/openmetrics-text',
} as const

// Readers of 0.0.4 and 0.0.1 that did not send the parameter do not know it.
function formatOf({ syntax, version }: MediaType, knowsEscaping: boolean): NegotiatedFormat {
  const escaping = knowsEscaping || version === '1.0.0' ? '; escaping=underscores' : ''
  if (syntax === 'protobuf') {
    const contentType = `application/vnd.google.protobuf; proto=${protobufMessage}; encoding=delimited${escaping}`
    return { syntax, contentType }
  }
  const contentType = `${mediaTypeNames[syntax]}; version=${version}; charset=utf-8${escaping}`
  return { syntax, contentType }
}
