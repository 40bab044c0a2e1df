export type Path = string | RegExp | readonly (string | RegExp)[]

export interface Application {
  /** The path it is mounted at in its parent. */
  readonly mountpath: Path
  readonly parent?: Application
  /** Express 4. */
  readonly _router?: Router
  /** Express 5; in Express 4 reading it throws. */
  readonly router?: Router
}

export interface Route {
  readonly path: Path
}

/** A router of Express, as far as the place of a route in it can be seen. */
export interface Router {
  readonly stack: readonly Layer[]
}

export interface Layer {
  readonly route?: Route
  readonly handle: Partial<Router>
  /** As given to `use`: Express 5 with `router` 2.3 and later. */
  readonly rawPath?: Path
  /** Express 5: whether it is mounted at no path. */
  readonly slash?: boolean
  /** Express 5: one for each path. */
  readonly matchers?: readonly ((path: string) => Match | false)[]
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean }
  readonly keys?: readonly { readonly name: string | number }[]
}

export interface Match {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}
