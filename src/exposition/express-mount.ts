import type { Layer, Match, Route, Router } from './express-router.ts'

/**
 * Where the routers are mounted that lead to a route, for the `router` of Express 5 before 2.3, which
 * keeps no path: it is asked what it makes of the one that the client wrote. Nothing where that does
 * not tell for certain: a path itself is no template.
 *
 * @param path the part of the request's path that the routers took
 */
export function mountAlong(route: Route, router: Router, path: string): string | undefined {
  for (const layer of router.stack) {
    if (layer.route === route) return ''
    const { stack } = layer.handle
    if (!Array.isArray(stack)) continue
    for (const match of matchesOf(layer, path)) {
      const further = mountAlong(route, { stack }, path.slice(match.path.length))
      const template = further === undefined ? undefined : templateOf(match)
      if (template !== undefined) return template + further
    }
  }
  return undefined
}

function matchesOf({ slash, matchers = [] }: Layer, path: string): Match[] {
  if (slash === true) return [{ path: '', params: {} }]
  return matchers.flatMap((matcher) => {
    // That of a regular expression would tell what the client wrote.
    const match = matcher.name === 'match' && matcher(path)
    return match === false ? [] : [{ ...match, path: match.path.replace(/\/$/, '') }]
  })
}

function templateOf({ path, params }: Match): string | undefined {
  // Case is the client's choice, too.
  const template = path.toLowerCase().split('/')
  const segments = path.split('/').map(decoded)
  for (const [name, value] of Object.entries(params)) {
    const at = segments.indexOf(String(value))
    const isOnlyOne = at !== -1 && segments.lastIndexOf(String(value)) === at
    if (!isOnlyOne || template[at]?.startsWith(':') === true) return undefined
    template[at] = `:${name}`
  }
  return template.join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
