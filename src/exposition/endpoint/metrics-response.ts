import { expectThat, readOptions } from '../../support/validate.ts'
import type { Body } from '../format/byte-writer.ts'
import type { ContentCoding } from '../format/negotiation/content-coding.ts'
import { resolveScrapeOptions, type ScrapeOptions, scrapeOptionNames } from './options.ts'
import { MetricsHandler, type ScrapeResponse } from './metrics-handler.ts'

export interface MetricsResponseOptions extends Omit<ScrapeOptions<Request>, 'compression'> {
  /**
   * The address of the connection's other end, which `authorize.allow` checks. A `Request` does not
   * contain it.
   */
  readonly remoteAddress?: string | undefined
  /**
   * Compressions on offer, the preferred one first; `false` for none. Only for hosts that keep the
   * header `Content-Encoding`: Next drops it, and compresses by itself.
   * @default false
   */
  readonly compression?: readonly ContentCoding[] | false
}

const optionNames: Readonly<Record<keyof MetricsResponseOptions, true>> = {
  ...scrapeOptionNames,
  remoteAddress: true,
}

/**
 * Answers a scrape in servers that use `Request` and `Response`: Hono, Next's route handlers, Bun,
 * Deno and others. It answers every path; the host has matched it already.
 *
 * @example
 * ```ts
 * app.get('/metrics', (c) => metricsResponse(c.req.raw))
 * ```
 *
 * @throws {TypeError} (as a rejection) for an option that is unknown or has a wrong value.
 * @throws {Error} (as a rejection) if registries have metrics of one name that cannot be merged, or
 * another metric in the registry has a name that the endpoint uses.
 */
export async function metricsResponse(
  request: Request,
  options: MetricsResponseOptions = {},
): Promise<Response> {
  const read = readOptions('options', options, optionNames)
  const { compression = false, remoteAddress, ...rest } = read
  const scrapes = new MetricsHandler(resolveScrapeOptions({ ...rest, compression }))
  expectThat(
    'remoteAddress',
    remoteAddress === undefined || typeof remoteAddress === 'string',
    'an IP address',
    remoteAddress,
  )
  return respond(scrapes, request, request, remoteAddress)
}

/** @param original the argument of the `authorize` function */
export async function respond<Original>(
  scrapes: MetricsHandler<Original>,
  request: Request,
  original: Original,
  remoteAddress: string | undefined,
): Promise<Response> {
  const { method, headers, signal } = request
  const leave = scrapes.enter()
  const response = await scrapes.answer({
    method,
    query: new URL(request.url).search,
    header: (name) => headers.get(name) ?? undefined,
    remoteAddress,
    original,
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
