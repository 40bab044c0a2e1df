import type { EventStream } from '../../../live/events/event-stream.ts'
import { codedError } from '../../../support/coded-error.ts'
import { expectThat, readOptions } from '../../../support/validate.ts'
import { MetricsHandler } from '../metrics-handler.ts'
import { resolveScrapeOptions, type ScrapeOptions, scrapeOptionNames } from '../options.ts'
import { answerLive, type AuthorizedResponse } from './live-handler.ts'
import { baseOf, type LiveOptions, resolveLivePath } from './live-path.ts'

export interface LiveResponseOptions
  extends
    Pick<ScrapeOptions<Request>, 'registry' | 'prefix' | 'authorize' | 'workers' | 'onError'>,
    LiveOptions {
  /**
   * The address of the connection's other end, which `authorize.allow` checks. A `Request` does not
   * contain it.
   */
  readonly remoteAddress?: string | undefined
}

const { registry, prefix, authorize, workers, onError } = scrapeOptionNames
const optionNames: Readonly<Record<keyof LiveResponseOptions, true>> = {
  registry,
  prefix,
  authorize,
  workers,
  onError,
  path: true,
  remoteAddress: true,
}

/**
 * Answers a request for the live page in servers that use `Request` and `Response`: Hono, Next's route
 * handlers, Bun, Deno and others. Route the path and everything below it here.
 *
 * @example
 * ```ts
 * app.get('/metrics/live', (c) => liveResponse(c.req.raw))
 * app.get('/metrics/live/*', (c) => liveResponse(c.req.raw))
 * ```
 *
 * @throws {TypeError} (as a rejection) for an option that is unknown or has a wrong value, and for a
 * request whose path does not contain `path`.
 */
export async function liveResponse(
  request: Request,
  options: LiveResponseOptions = {},
): Promise<Response> {
  const read = readOptions('options', options, optionNames)
  const { path: given, remoteAddress, ...scrape } = read
  const path = resolveLivePath(given === undefined ? true : { path: given }, '/metrics') ?? ''
  expectThat(
    'remoteAddress',
    remoteAddress === undefined || typeof remoteAddress === 'string',
    'an IP address',
    remoteAddress,
  )
  const resolved = resolveScrapeOptions<Request>({ ...scrape, compression: false })
  const handler = new MetricsHandler(resolved)
  const { pathname, search } = new URL(request.url)
  const at = pathname.lastIndexOf(path)
  if (at === -1) {
    throw codedError(
      'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
      `prisma-prometheus: liveResponse(request): expected a path with ${path}, got ${pathname}; pass the option path`,
    )
  }
  const resource = pathname.slice(at + path.length)
  const { headers, method, signal } = request
  const response = await answerLive(
    resolved,
    () => handler.livePage,
    {
      method,
      query: search,
      header: (name) =>
        headers.get(name) ?? (name === 'host' ? new URL(request.url).host : undefined),
      remoteAddress,
      original: request,
      signal,
      resource,
      base: baseOf(path, resource),
    },
    (error) => handler.report(error),
  )
  return asResponse(response, method)
}

function asResponse({ status, headers, body }: AuthorizedResponse, method: string): Response {
  const fields = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) fields.append(name, one)
  }
  const content =
    method === 'HEAD'
      ? null
      : typeof body === 'string' || body instanceof Uint8Array
        ? body
        : streamOf(body)
  return new Response(content, { status, headers: fields })
}

function streamOf(events: EventStream): ReadableStream<Uint8Array> {
  let close: (() => void) | undefined
  return new ReadableStream({
    start(controller) {
      const finish = (): void => {
        close?.()
        controller.close()
      }
      close = events.open({
        get ready() {
          return (controller.desiredSize ?? 0) > 0
        },
        closing: false,
        // A chunk belongs to its reader, and the event to all readers.
        write: (event) => controller.enqueue(new Uint8Array(event)),
        end: finish,
        destroy: finish,
      })
    },
    cancel: () => close?.(),
  })
}
