import { codedError } from '../support/coded-error.ts'
import { processState } from '../support/process-state.ts'
import type { Instrumentation } from './instrumented-by.ts'

export type PrismaVersion = 'Prisma 7' | 'Prisma 8'

/** A label with the number of its instrumentations, which are all of one version. */
interface Claim {
  readonly version: PrismaVersion
  holders: number
}

const claims = processState('client-labels', 2, () => new WeakMap<object, Map<string, Claim>>())

/**
 * Takes a `client` label of a registry for a client of one Prisma version. A client of the same version may
 * take it again, as after a hot reload. Returns the function that gives it back.
 *
 * @throws {Error} if a client of the other version has the label: the metrics of the two would be one.
 */
export function claimLabel(
  { registry, prefix, client }: Instrumentation,
  version: PrismaVersion,
): () => void {
  let labels = claims.get(registry)
  if (labels === undefined) claims.set(registry, (labels = new Map()))
  const key = JSON.stringify([prefix, client])
  const claim = labels.get(key) ?? { version, holders: 0 }
  if (claim.version !== version) {
    throw codedError(
      'PRISMA_PROMETHEUS_ALREADY_INSTRUMENTED',
      `prisma-prometheus: prismaMetrics({ client: "${client}" }) of ${version}: expected a label of its own for each client of a registry, got one that a ${claim.version} client has; pass another name, such as prismaMetrics({ client: "${client}-${version.at(-1)}" })`,
    )
  }
  labels.set(key, claim)
  claim.holders += 1
  let held = true
  return () => {
    if (!held) return
    held = false
    claim.holders -= 1
    if (claim.holders === 0) labels.delete(key)
  }
}
