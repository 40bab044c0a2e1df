import { codedError } from '../support/coded-error.ts'
import { processState } from '../support/process-state.ts'
import type { Instrumentation } from './instrumented-by.ts'

type PrismaVersion = 'Prisma 7' | 'Prisma 8'

const versions = processState(
  'client-labels',
  1,
  () => new WeakMap<object, Map<string, PrismaVersion>>(),
)

/**
 * Takes a `client` label of a registry for a client of one Prisma version. A client of the same version may
 * take it again, as after a hot reload.
 *
 * @throws {Error} if a client of the other version has the label: the metrics of the two would be one.
 */
export function claimLabel(
  { registry, prefix, client }: Instrumentation,
  version: PrismaVersion,
): void {
  let labels = versions.get(registry)
  if (labels === undefined) versions.set(registry, (labels = new Map()))
  const key = JSON.stringify([prefix, client])
  const present = labels.get(key)
  if (present !== undefined && present !== version) {
    throw codedError(
      'PRISMA_PROMETHEUS_ALREADY_INSTRUMENTED',
      `prisma-prometheus: prismaMetrics({ client: "${client}" }) of ${version}: expected a label of its own for each client of a registry, got one that a ${present} client has; pass another name, such as prismaMetrics({ client: "${client}-${version.at(-1)}" })`,
    )
  }
  labels.set(key, version)
}
