import { codedError } from '../support/coded-error.ts'

/** The instrumentation that a client or an adapter feeds. */
export interface Owner {
  readonly registry: object
  readonly prefix: string
  readonly client: string
  /** True once the instrumentation is removed from its registry: it counts nothing any more. */
  disposed?: boolean
}

// Symbol.for: a hot reload can load this module twice, and the client of the first copy stays in use.
export const ownersKey: symbol = Symbol.for('prisma-prometheus.owners')

/** The owners of `subject`. */
export function ownersOf(subject: object): readonly Owner[] {
  return (subject as Record<symbol, readonly Owner[] | undefined>)[ownersKey] ?? []
}

/**
 * True if `owners` contains `owner`, so that instrumenting once more would count everything twice.
 *
 * @throws {Error} if `owners` feed the same metrics under another `client` label: sums over the clients
 * would count everything twice.
 */
export function isOwned(subject: string, owners: readonly Owner[], owner: Owner): boolean {
  const present = owners.find(
    ({ registry, prefix, disposed }) =>
      disposed !== true && registry === owner.registry && prefix === owner.prefix,
  )
  if (present === undefined) return false
  if (present.client === owner.client) return true
  throw codedError(
    'PRISMA_PROMETHEUS_ALREADY_INSTRUMENTED',
    `prisma-prometheus: ${subject}: expected one that feeds no other client of this registry, got one that is instrumented as client "${present.client}" already (now asked for "${owner.client}")`,
  )
}
