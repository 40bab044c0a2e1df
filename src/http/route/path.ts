/** The path and the query of a request's target. */
export interface Target {
  readonly path: string
  readonly query: string
}

/** Takes what a client may send: `/path?query`, or `http://host/path?query` where it is a proxy. */
export function parseTarget(url: string): Target {
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '')
  const end = target.search(/[?#]/)
  if (end === -1) return { path: target, query: '' }
  const query = target[end] === '?' ? (target.slice(end + 1).split('#', 1)[0] as string) : ''
  return { path: target.slice(0, end), query }
}

/** Whether the paths are the same but for one slash at the end. */
export function isSamePath(path: string, other: string): boolean {
  return withoutEndSlash(path) === withoutEndSlash(other)
}

function withoutEndSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
