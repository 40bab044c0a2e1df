import { expectThat, readOptions } from '../../support/validate.ts'
import type { Body } from '../format/byte-writer.ts'
import type { ContentCoding } from '../format/negotiation/content-coding.ts'
import { resolveScrapeOptions, type ScrapeOptions, scrapeOptionNames } from './options.ts'
import { Scraper, type ScrapeResponse } from './metrics-handler.ts'

export interface MetricsResponseOptions extends Omit<ScrapeOptions<Request>, 'compression'> {
  /**
   * The address the request came from, where the host knows it: `authorize.allow` needs it, since a
   * `Request` does not say.
   */
  readonly remoteAddress?: string | undefined
  /**
   * Compressions on offer, the preferred one first; `false` for none. Only for hosts that pass
   * `Content-Encoding` on: Next drops it, and compresses by itself.
   * @default false
   */
  readonly compression?: readonly ContentCoding[] | false
}

const optionNames: Readonly<Record<keyof MetricsResponseOptions, true>> = {
  ...scrapeOptionNames,
  remoteAddress: true,
}

/**
 * Answers a scrape in servers that speak `Request` and `Response`: Hono, Next's route handlers, and
 * others on Node. The host has matched the path already.
 *
 * @example
 * ```ts
 * app.get('/metrics', (c) => metricsResponse(c.req.raw))
 * ```
 *
 * @throws {TypeError} (as a rejection) for an option that is unknown or of the wrong kind.
 * @throws {Error} (as a rejection) where registries have metrics of one name that cannot be merged,
 * or where the registry has a metric of another owner under a name of the endpoint's own.
 */
export async function metricsResponse(
  request: Request,
  options: MetricsResponseOptions = {},
): Promise<Response> {
  const read = readOptions('options', options, optionNames)
  const { compression = false, remoteAddress, ...rest } = read
  const scraper = new Scraper(resolveScrapeOptions({ ...rest, compression }))
  expectThat(
    'remoteAddress',
    remoteAddress === undefined || typeof remoteAddress === 'string',
    'an IP address',
    remoteAddress,
  )
  const { method, headers, signal } = request
  const leave = scraper.enter()
  const response = await scraper.answer({
    method,
    query: new URL(request.url).search,
    header: (name) => headers.get(name) ?? undefined,
    remoteAddress,
    original: request,
    signal,
  })
  leave()
  return asResponse(response, method)
}

function asResponse({ status, headers, body }: ScrapeResponse, method: string): Response {
  const fields = new Headers()
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) fields.append(name, value)
  }
  const content = method === 'HEAD' ? null : typeof body === 'string' ? body : streamOf(body)
  return new Response(content, { status, headers: fields })
}

function streamOf({ chunks }: Body): ReadableStream<Uint8Array> {
  const rest = chunks.values()
  return new ReadableStream({
    pull(controller) {
      const { done, value } = rest.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  })
}
