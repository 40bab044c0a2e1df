import { parseTarget } from '../../../http/route/path-template.ts'
import { expectThat, readOptions } from '../../../support/validate.ts'

export interface LiveOptions {
  /**
   * The path of the page.
   * @default '/live' below the path of the scrapes: `/metrics/live`
   */
  readonly path?: string
}

/**
 * The path of the live page; undefined if it is off.
 *
 * @throws {TypeError} for an invalid option.
 */
export function resolveLivePath(
  live: boolean | LiveOptions | undefined,
  scrapePath: string,
): string | undefined {
  if (live === undefined || live === false) return undefined
  const fallback = `${scrapePath.replace(/\/$/, '')}/live`
  if (live === true) return fallback
  const options = readOptions('live', live, { path: true }, 'true, false or an object')
  const { path = fallback } = options
  expectThat(
    'live.path',
    typeof path === 'string' && /^\/[\x21-\x7e]*[^/]$/.test(path) && !/[?#]/.test(path),
    'a path from / on, percent-encoded, without a slash at its end or a query',
    path,
  )
  return path
}

/** A request for the live page. */
export interface LiveTarget {
  readonly resource: string
  readonly query: string
  readonly base: string
}

/** @param urls the targets that a request may be found by, the nearest first */
export function liveTarget(path: string, urls: readonly unknown[]): LiveTarget | undefined {
  for (const url of urls) {
    if (typeof url !== 'string') continue
    const target = parseTarget(url)
    const rest = target.path.startsWith(path) ? target.path.slice(path.length) : undefined
    if (rest !== undefined && (rest === '' || rest.startsWith('/'))) {
      return { resource: rest, query: target.query, base: baseOf(path, rest) }
    }
  }
  return undefined
}

/** Relative, so that the page works behind any prefix of a proxy. */
export function baseOf(path: string, rest: string): string {
  return rest === '' ? `${path.slice(path.lastIndexOf('/') + 1)}/` : './'
}
