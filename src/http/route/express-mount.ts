import { type Mount, mountsOf } from './express-layer.ts'
import type { Application, Layer, Route, Router } from './express-router.ts'
import { restAfter, withoutSlash } from './path-template.ts'

/** The layers of mounted routers that a request passes, outermost first. */
type Way = readonly Layer[]

const waysIn = new WeakMap<Application, WeakMap<Route, readonly Way[]>>()

/** The template of the path at which a route's router is mounted, if it matches `path`. */
export function mountPoint(route: Route, path: string, app: Application): string | undefined {
  for (const mounted of pathsOf(app)) {
    const rest = restAfter(mounted, path)
    const mount = rest === undefined ? undefined : mountIn(app, route, rest)
    if (mount !== undefined) return mounted + mount
  }
  return undefined
}

function pathsOf({ mountpath, parent }: Application): string[] {
  if (parent === undefined) return ['']
  const own = [mountpath].flat().map((path) => withoutSlash(String(path)))
  return pathsOf(parent).flatMap((path) => own.map((mounted) => path + mounted))
}

function mountIn(app: Application, route: Route, path: string): string | undefined {
  const known = waysIn.get(app) ?? new WeakMap<Route, readonly Way[]>()
  waysIn.set(app, known)
  const mount = mountOnOneOf(known.get(route) ?? [], path)
  if (mount !== undefined) return mount
  // The route may have been mounted since.
  const ways = waysTo(route, routerOf(app))
  known.set(route, ways)
  return mountOnOneOf(ways, path)
}

function routerOf(app: Application): Router {
  // oxlint-disable-next-line no-underscore-dangle -- Express 4's own name
  return app._router ?? app.router ?? { stack: [] }
}

function waysTo(route: Route, { stack }: Router, passed: Way = []): Way[] {
  return stack.flatMap((layer) => {
    if (layer.route === route) return [passed]
    const inner = layer.handle.stack
    // A router can be mounted in itself.
    if (!Array.isArray(inner) || passed.includes(layer)) return []
    return waysTo(route, { stack: inner }, [...passed, layer])
  })
}

function mountOnOneOf(ways: readonly Way[], path: string): string | undefined {
  return first(ways, (way) => mountAlong(way, path))
}

function mountAlong([layer, ...further]: Way, path: string): string | undefined {
  if (layer === undefined) return path === '' ? '' : undefined
  return first(mountsOf(layer, path), ({ template, rest }: Mount) => {
    const mount = mountAlong(further, rest)
    return mount === undefined ? undefined : template + mount
  })
}

function first<T>(all: readonly T[], get: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const value = get(one)
    if (value !== undefined) return value
  }
  return undefined
}
