/** The path and the query of a request's target. */
export interface Target {
  readonly path: string
  readonly query: string
}

/** Parses `/path?query`, and `http://host/path?query` as clients of a proxy send it. */
export function parseTarget(url: string): Target {
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '')
  const end = target.search(/[?#]/)
  if (end === -1) return { path: target, query: '' }
  const query = target[end] === '?' ? (target.slice(end + 1).split('#', 1)[0] ?? '') : ''
  return { path: target.slice(0, end), query }
}

/** Whether the paths are equal, apart from one slash at the end. */
export function isSamePath(path: string, other: string): boolean {
  return withoutSlash(path) === withoutSlash(other)
}

/** The rest of a path after the part that matches the template; undefined if it does not match. */
export function restAfter(template: string, path: string): string | undefined {
  const expected = withoutSlash(template).split('/')
  const given = path.split('/')
  const isAt = expected.every(
    (segment, index) =>
      index < given.length &&
      (segment.startsWith(':') || segment.toLowerCase() === given[index]?.toLowerCase()),
  )
  return isAt ? ['', ...given.slice(expected.length)].join('/') : undefined
}

/** Collapses repeated slashes and removes the one at the end. */
export function tidy(path: string): string {
  const single = path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path
  return withoutSlash(single) || '/'
}

export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
