import type { Layer, Match } from './express-router.ts'
import { restAfter, withoutSlash } from './path-template.ts'

/** A place where a router is mounted. */
export interface Mount {
  readonly template: string
  /** What it leaves of the path. */
  readonly rest: string
}

/** How a path can lead through a mounted router, as far as the layers of an Express tell for certain. */
export function mountsOf(layer: Layer, path: string): Mount[] {
  if (layer.slash === true || layer.regexp?.fast_slash === true)
    return [{ template: '', rest: path }]
  if (layer.regexp !== undefined) return ofExpress4(layer.regexp, layer.keys ?? [], path)
  const paths = layer.rawPath === undefined ? undefined : [layer.rawPath].flat()
  return (layer.matchers ?? []).flatMap((matcher, index) => {
    const template = paths?.[index]
    // Asking one that keeps its place would move it.
    if (template instanceof RegExp && (template.global || template.sticky)) return []
    // That of a regular expression would tell what the client wrote.
    if (template === undefined && matcher.name !== 'match') return []
    const match = matcher(path === '' ? '/' : path)
    return match === false ? [] : mountsAt(match, template, path)
  })
}

function mountsAt(match: Match, given: string | RegExp | undefined, path: string): Mount[] {
  const taken = withoutSlash(match.path)
  const template = given === undefined ? templateFrom(match.params, taken) : String(given)
  if (template === undefined) return []
  return [{ template: withoutSlash(template), rest: path.slice(taken.length) }]
}

/** For the `router` of Express 5 before 2.3, which keeps no path. A path itself is no template. */
function templateFrom(params: Match['params'], path: string): string | undefined {
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

const templatesOf = new WeakMap<RegExp, readonly string[]>()

function ofExpress4(regexp: RegExp, keys: NonNullable<Layer['keys']>, path: string): Mount[] {
  const templates = templatesOf.get(regexp) ?? templatesFrom(regexp, keys)
  templatesOf.set(regexp, templates)
  return templates.flatMap((template) => {
    const rest = restAfter(template, path)
    return rest === undefined ? [] : [{ template, rest }]
  })
}

/**
 * What Express 4 makes of '/users/:id' is ^/users(?:/([^/]+?))/?(?=/|$), and of several paths such
 * expressions with | between them. None where one of them is something else: names could be another's.
 */
function templatesFrom({ source }: RegExp, keys: NonNullable<Layer['keys']>): string[] {
  const names = keys.values()
  const templates = source
    .replaceAll(String.raw`\/`, '/')
    .replace(/^\^/, '')
    .split('|^')
    .map((part) =>
      part
        .replace('/?(?=/|$)', '')
        .replaceAll('(?:/([^/]+?))', () => `/:${names.next().value?.name}`)
        .replaceAll(/\\([.-])/g, '$1'),
    )
  return templates.some((template) => /[\\^$*+?()[\]{}|]/.test(template)) ? [] : templates
}
