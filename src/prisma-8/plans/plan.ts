/**
 * The fields of Prisma 8's plans and contracts that this package reads, as structural types: nothing of
 * Prisma 8 is imported. From `@prisma/orm-postgres` 8.0.0-rc.13.
 */

export interface TableSource {
  readonly kind: string
  readonly name?: string | undefined
  readonly namespaceId?: string | undefined
  /** Of a subquery. */
  readonly query?: QueryAst | undefined
}

/** The abstract syntax tree of a query: `select`, `insert`, `update`, `delete` or `raw-query`. */
export interface QueryAst {
  readonly kind: string
  /** Of `insert`, `update` and `delete`. */
  readonly table?: TableSource | undefined
  /** Of `select`. */
  readonly from?: TableSource | undefined
  /** Of `insert`. */
  readonly onConflict?: { readonly action: { readonly kind: string } } | undefined
  readonly returning?: readonly unknown[] | undefined
  /** Of `raw-query`: the text, with parameters between its parts. */
  readonly parts?: readonly unknown[] | undefined
}

/** A query, before or after it is compiled to SQL. */
export interface Plan {
  readonly ast: QueryAst
  readonly meta?:
    | { readonly lane?: string | undefined; readonly target?: string | undefined }
    | undefined
}

/** A query as the driver receives it. */
export interface ExecutionPlan extends Plan {
  readonly sql: string
  readonly params: readonly unknown[]
}

export interface ContractModel {
  readonly storage?: { readonly table?: string | undefined } | undefined
  /** The polymorphic model that this one is a variant of. */
  readonly base?: unknown
}

export interface Contract {
  readonly target?: string | undefined
  readonly domain?: {
    readonly namespaces?: Readonly<
      Record<string, { readonly models?: Readonly<Record<string, ContractModel>> | undefined }>
    >
  }
  readonly storage?: { readonly storageHash?: string | undefined } | undefined
}

/** The context that all hooks of one execution share. */
export interface HookContext {
  readonly contract: Contract
}
