import { types } from 'node:util'
import { expectThat } from '../../support/validate.ts'

/** The options of an endpoint that passes requests on. */
export interface RequestOptions {
  /**
   * The path that answers scrapes, with or without a slash at its end.
   * @default '/metrics'
   */
  readonly path?: string
  /**
   * Whether the other requests are counted and timed (`http_server_request_duration_seconds`,
   * `http_server_active_requests`).
   * @default true
   */
  readonly http?: boolean
  /**
   * Whether each of these requests is a scope of the clients whose metrics are in the registry: named
   * by its method and route, with the Prisma operations in it (`prisma_scope_…`,
   * `prisma_n_plus_one_suspects_total`).
   * @default true
   */
  readonly scopes?: boolean
  readonly route?: unknown
}

export const requestOptionNames: Readonly<Record<keyof RequestOptions, true>> = {
  path: true,
  http: true,
  scopes: true,
  route: true,
}

/**
 * @param options as `readOptions` returns them
 * @throws {TypeError} that names the option, the expectation and the value.
 */
export function resolveRequestOptions({
  path = '/metrics',
  http = true,
  scopes = true,
  route,
}: RequestOptions): { readonly path: string; readonly http: boolean; readonly scopes: boolean } {
  expectThat(
    'path',
    // Clients send everything else percent-encoded, so another path would never match.
    typeof path === 'string' && /^\/[\x21-\x7e]*$/.test(path) && !/[?#]/.test(path),
    'a path from / on, percent-encoded, without a query',
    path,
  )
  expectThat('http', typeof http === 'boolean', 'true or false', http)
  expectThat('scopes', typeof scopes === 'boolean', 'true or false', scopes)
  expectThat(
    'route',
    route === undefined || (typeof route === 'function' && !types.isAsyncFunction(route)),
    'a function that returns a string or undefined, and is not async',
    route,
  )
  return { path, http, scopes }
}
