import type { Layer } from './express-router.ts'
import { restAfter, withoutSlash } from './path-template.ts'

/** A path at which a router is mounted. */
export interface Mount {
  readonly template: string
  /** The rest of the path, which the router matches. */
  readonly rest: string
}

/** The ways a path can lead through a mounted router, as far as Express's layers are unambiguous. */
export function mountsOf(layer: Layer, path: string): Mount[] {
  if (layer.slash === true || layer.regexp?.fast_slash === true)
    return [{ template: '', rest: path }]
  if (layer.regexp !== undefined) return ofExpress4(layer.regexp, layer.keys ?? [], path)
  const paths = layer.rawPath === undefined ? [] : [layer.rawPath].flat()
  return paths.flatMap((template, index) => {
    // Testing a global or sticky pattern would move its `lastIndex`.
    if (template instanceof RegExp && (template.global || template.sticky)) return []
    const match = layer.matchers?.[index]?.(path === '' ? '/' : path)
    if (match === undefined || match === false) return []
    const taken = withoutSlash(match.path)
    return [{ template: withoutSlash(String(template)), rest: path.slice(taken.length) }]
  })
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
 * Express 4 compiles '/users/:id' to ^/users(?:/([^/]+?))/?(?=/|$), and several paths to such
 * expressions joined by |. Returns nothing if one of them is another expression: the keys could belong
 * to it.
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
