import type { EventStream } from './events/event-stream.ts'

/** A request for the page, on any server, after it has been authorized. */
export interface LiveRequest {
  readonly method: string
  /** The path below the page's own: `''`, or `/page.css`. */
  readonly resource: string
  readonly query: URLSearchParams
  readonly accept: string | undefined
  /** `Sec-Fetch-Site` of browsers. */
  readonly site: string | undefined
  /** What relative links of the page start with: `live/`, or `./` for a path that ends in a slash. */
  readonly base: string
}

export interface LiveResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | EventStream
}

/**
 * No page of another origin may frame the page, and no script or style but the package's own files
 * runs on it.
 */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"

const commonHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const types = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
}

export type ContentType = keyof typeof types

export function content(
  type: ContentType,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): LiveResponse {
  return {
    status,
    headers: {
      'content-type': types[type],
      'content-length': String(Buffer.byteLength(body)),
      ...commonHeaders,
      ...headers,
    },
    body,
  }
}

export function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): LiveResponse {
  return content('txt', `${message}\n`, headers, status)
}

/** Proxies must not hold events back: `no-transform` stops compression, `x-accel-buffering` nginx. */
export function events(body: EventStream): LiveResponse {
  return {
    status: 200,
    headers: {
      ...commonHeaders,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
    },
    body,
  }
}
