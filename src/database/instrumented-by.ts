import { codedError } from '../support/coded-error.ts'

/** The identity of an instrumentation: the metrics that a client or an adapter is recorded in. */
export interface Instrumentation {
  readonly registry: object
  readonly prefix: string
  readonly client: string
  /** True once the instrumentation is removed from its registry and records nothing. */
  disposed?: boolean
}

// Symbol.for: a hot reload can load this module twice, and the client of the first copy stays in use.
export const instrumentedByKey: symbol = Symbol.for('prisma-prometheus.instrumented-by')

/** The instrumentations of `subject`. */
export function instrumentationsOf(subject: object): readonly Instrumentation[] {
  return (
    (subject as Record<symbol, readonly Instrumentation[] | undefined>)[instrumentedByKey] ?? []
  )
}

/**
 * True if `present` contains `instrumentation`: instrumenting again would count everything twice.
 *
 * @throws {Error} if `present` records in the same metrics under another `client` label: sums over the
 * clients would count everything twice.
 */
export function isInstrumentedBy(
  subject: string,
  present: readonly Instrumentation[],
  { registry, prefix, client }: Instrumentation,
): boolean {
  const found = present.find(
    (each) => each.disposed !== true && each.registry === registry && each.prefix === prefix,
  )
  if (found === undefined) return false
  if (found.client === client) return true
  throw codedError(
    'PRISMA_PROMETHEUS_ALREADY_INSTRUMENTED',
    `prisma-prometheus: ${subject}: expected one that is not instrumented under another client label of this registry, got one with the label "${found.client}" (the new label is "${client}")`,
  )
}
