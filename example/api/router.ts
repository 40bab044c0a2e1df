/** The part of a request that a route receives. */
export interface Call<Path extends string = string> {
  readonly params: Readonly<Record<ParamNames<Path>, string>>
  readonly query: URLSearchParams
  /** The body, not validated: Prisma's validation rejects wrong values. */
  readonly json: <Body>() => Promise<Body>
}

/** The parameter names of a path: `/alerts/:id` has `id`. */
type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

export interface Reply {
  readonly status: number
  readonly body?: unknown
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Route {
  readonly method: Method
  readonly path: string
  handle(call: Call): Promise<Reply>
}

export function route<Path extends string>(
  method: Method,
  path: Path,
  handle: (call: Call<Path>) => Promise<Reply>,
): Route {
  return { method, path, handle }
}

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** Returns the first route that matches method and path. */
export function findRoute(
  routes: readonly Route[],
  method: string | undefined,
  pathname: string,
): Match | undefined {
  for (const candidate of routes) {
    const params = candidate.method === method ? paramsOf(candidate.path, pathname) : undefined
    if (params !== undefined) return { route: candidate, params }
  }
  return undefined
}

function paramsOf(path: string, pathname: string): Record<string, string> | undefined {
  const wanted = path.split('/')
  const got = pathname.split('/')
  if (wanted.length !== got.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = got[index] ?? ''
    if (segment.startsWith(':')) params[segment.slice(1)] = value
    else if (segment !== value) return undefined
  }
  return params
}
