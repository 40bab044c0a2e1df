import { type BudgetReport, checkBudget, reportBudget } from './budget.ts'
import { checkCardinality, type FamilySize, sizes } from './cardinality.ts'
import { checkExpectations } from './expectations.ts'
import type { Finding } from './finding.ts'
import { lint } from './lint.ts'
import { type Format, parseScrape } from './parse.ts'
import { readBody } from './read-body.ts'

export interface EndpointOptions {
  readonly prefix: string
  /** Values a label may have before it is reported. */
  readonly maxValues: number
  /** Value of the `Authorization` header. */
  readonly authorization?: string
  readonly timeoutSeconds: number
  /** Series that a process may expose, and the number of processes. @default no budget */
  readonly budget?: { readonly budget: number; readonly pods: number }
}

export interface Report {
  /** URL of the response, redirects included. */
  readonly address: string
  readonly findings: readonly Finding[]
  readonly series: number
  readonly bytes: number
  readonly seconds: number
  readonly largest: readonly FamilySize[]
  /** Undefined without a budget. */
  readonly budget?: BudgetReport
}

/** @throws {Error} if `url` does not answer with status 200 in time, or with a body that is too large. */
export async function checkEndpoint(url: URL, options: EndpointOptions): Promise<Report> {
  const start = performance.now()
  const { response, body } = await scrape(url, options)
  const seconds = (performance.now() - start) / 1000
  const format = formatOf(response)
  const parsed = parseScrape(format === undefined ? new Uint8Array() : body, format)
  const all = sizes(parsed)
  const { prefix } = options
  const budget = options.budget && reportBudget(parsed, { ...options.budget, prefix })
  return {
    address: addressOf(url, response),
    findings:
      format === undefined
        ? [wrongType(response)]
        : [
            ...lint(parsed),
            ...checkExpectations(parsed, prefix),
            ...checkCardinality(parsed, options.maxValues),
            ...(budget === undefined ? [] : checkBudget(budget)),
          ],
    series: all.reduce((sum, { series }) => sum + series, 0),
    bytes: body.length,
    seconds,
    largest: all.filter(({ series }) => series > 0).slice(0, 10),
    ...(budget === undefined ? {} : { budget }),
  }
}

async function scrape(
  url: URL,
  { authorization, timeoutSeconds }: EndpointOptions,
): Promise<{ response: Response; body: Uint8Array }> {
  let response: Response
  let body: Uint8Array
  try {
    response = await fetch(url, {
      headers: {
        accept: 'text/plain;version=0.0.4',
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: AbortSignal.timeout(Math.ceil(timeoutSeconds * 1000)),
    })
    body = await readBody(response)
  } catch (error) {
    const { cause, message } = error as Error
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : message
    throw new Error(`${url.href}: expected a response, got: ${reason}`, { cause: error })
  }
  if (!response.ok) {
    const hint = hints[response.status] ?? ''
    throw new Error(
      `${addressOf(url, response)}: expected status 200, got ${response.status}${hint}`,
    )
  }
  return { response, body }
}

const hints: Readonly<Record<number, string>> = {
  401: '; pass --token, or a name and a password in the URL',
  403: '; pass --token, or use an address that is allowed',
  404: '; is the path right? exposeMetrics serves /metrics by default',
  503: '; too many concurrent scrapes, or the collection timed out',
}

function addressOf(url: URL, { redirected, url: final }: Response): string {
  return redirected ? `${url.href} → ${final}` : url.href
}

/** Undefined for another type: a page of HTML would be an error in each of its lines. */
function formatOf(response: Response): Format | undefined {
  const [type = ''] = typeOf(response).split(';')
  switch (type.trim().toLowerCase()) {
    case 'text/plain':
      return 'text'
    case 'application/openmetrics-text':
      return 'openmetrics'
    default:
      return undefined
  }
}

function wrongType(response: Response): Finding {
  return {
    code: 'content-type',
    level: 'error',
    text: `Content-Type: expected text/plain; version=0.0.4, got ${typeOf(response) || 'none'}; the body is not checked`,
    advice: 'Prometheus 3 refuses such a scrape; use exposeMetrics or metricsResponse',
  }
}

function typeOf({ headers }: Response): string {
  return headers.get('content-type') ?? ''
}
