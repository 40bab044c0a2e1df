import { checkCardinality, type FamilySize, sizes } from './cardinality.ts'
import { checkExpectations } from './expectations.ts'
import type { Finding } from './finding.ts'
import { lint } from './lint.ts'
import { parseScrape } from './parse.ts'

export interface EndpointOptions {
  readonly prefix: string
  /** Values a label may have before it is told. */
  readonly maxValues: number
  /** The header's value. */
  readonly authorization?: string
  readonly timeoutSeconds: number
}

export interface Report {
  /** Where the answer came from. */
  readonly address: string
  readonly findings: readonly Finding[]
  readonly series: number
  readonly bytes: number
  readonly seconds: number
  readonly largest: readonly FamilySize[]
}

/** @throws {Error} where nothing can be read at `url`. */
export async function checkEndpoint(url: URL, options: EndpointOptions): Promise<Report> {
  const start = performance.now()
  const { response, body } = await scrape(url, options)
  const seconds = (performance.now() - start) / 1000
  const otherType = checkType(response)
  const parsed = parseScrape(otherType === undefined ? body : '')
  const all = sizes(parsed)
  return {
    address: addressOf(url, response),
    findings:
      otherType === undefined
        ? [
            ...lint(parsed),
            ...checkExpectations(parsed, options.prefix),
            ...checkCardinality(parsed, options.maxValues),
          ]
        : [otherType],
    series: all.reduce((sum, { series }) => sum + series, 0),
    bytes: Buffer.byteLength(body),
    seconds,
    largest: all.filter(({ series }) => series > 0).slice(0, 10),
  }
}

async function scrape(
  url: URL,
  { authorization, timeoutSeconds }: EndpointOptions,
): Promise<{ response: Response; body: string }> {
  let response: Response
  let body: string
  try {
    response = await fetch(url, {
      headers: {
        accept: 'text/plain;version=0.0.4',
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: AbortSignal.timeout(Math.ceil(timeoutSeconds * 1000)),
    })
    body = await response.text()
  } catch (error) {
    const { cause, message } = error as Error
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : message
    throw new Error(`${url.href}: expected an answer, got: ${reason}`, { cause: error })
  }
  if (!response.ok) {
    const hint = hints[response.status] ?? ''
    throw new Error(
      `${addressOf(url, response)}: expected status 200, got ${response.status}${hint}`,
    )
  }
  // Prometheus reads it and this does not: the endpoint is neither right nor wrong.
  if (/^application\/openmetrics-text\s*(?:;|$)/i.test(typeOf(response))) {
    throw new Error(
      `${addressOf(url, response)}: expected the text format that was asked for, got OpenMetrics, which is not checked`,
    )
  }
  return { response, body }
}

const hints: Readonly<Record<number, string>> = {
  401: '; give --token, or name and password in the URL',
  403: '; give --token, or ask from an address that is allowed',
  404: '; is the path right? exposeMetrics serves /metrics where it is not told otherwise',
  503: '; too many scrapes at once, or the metrics took too long',
}

function addressOf(url: URL, { redirected, url: final }: Response): string {
  return redirected ? `${url.href} → ${final}` : url.href
}

/** A page of HTML would be an error in each of its lines: what is of another type is not read. */
function checkType(response: Response): Finding | undefined {
  const type = typeOf(response)
  return /^text\/plain\s*(?:;|$)/i.test(type)
    ? undefined
    : {
        level: 'error',
        text: `Content-Type: expected text/plain; version=0.0.4, got ${type || 'none'}; the body is not checked`,
        advice: 'Prometheus 3 refuses such a scrape; use exposeMetrics or metricsResponse',
      }
}

function typeOf({ headers }: Response): string {
  return headers.get('content-type') ?? ''
}
