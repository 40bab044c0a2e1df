export type Path = string | RegExp | readonly (string | RegExp)[]

export interface Application {
  /** The path at which its parent mounts it. */
  readonly mountpath: Path
  readonly parent?: Application
  /** The prototype of its requests. It inherits from a prototype that all applications share. */
  readonly request: object
  /** Express 4. */
  readonly _router?: Router
  /** Express 5; in Express 4 reading it throws. */
  readonly router?: Router
}

export interface Route {
  readonly path: Path
}

/** The part of an Express router that shows where a route is. */
export interface Router {
  readonly stack: readonly Layer[]
}

export interface Layer {
  readonly route?: Route
  readonly handle: Partial<Router>
  /** The argument of `use`: Express 5 with `router` 2.3 and later. */
  readonly rawPath?: Path
  /** Express 5: whether it is mounted without a path. */
  readonly slash?: boolean
  /** Express 5: one per path. */
  readonly matchers?: readonly ((path: string) => Match | false)[]
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean }
  readonly keys?: readonly { readonly name: string | number }[]
}

interface Match {
  readonly path: string
}
