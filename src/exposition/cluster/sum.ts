import { codedError } from '../../support/coded-error.ts'
import { aggregateInSteps } from '../collect/aggregate.ts'
import { TimeSlices } from '../collect/event-loop.ts'
import type { MetricFamily } from '../collect/metric-family.ts'

/** The families to add, as they are at one moment. */
export interface Addends {
  readonly own: readonly MetricFamily[]
  /** Of every worker, the oldest first. */
  readonly workers: readonly (readonly MetricFamily[])[]
  readonly exited: readonly MetricFamily[]
}

export interface Sum {
  readonly families: readonly MetricFamily[]
  /** Families left out because their type, labels or buckets differ. */
  readonly conflicts: readonly { readonly name: string; readonly error: Error }[]
}

/**
 * Adds families of one name and signature. If signatures differ, as during a rolling restart, the
 * oldest worker's is exposed, then that of this process, then that of exited workers.
 */
export async function sumOf({ own, workers, exited }: Addends): Promise<Sum> {
  const signatures = new Map<string, string>()
  for (const { name, signature } of [...workers.flat(), ...own, ...exited]) {
    if (!signatures.has(name)) signatures.set(name, signature)
  }
  const byName = new Map<string, [MetricFamily, ...MetricFamily[]]>()
  const conflicts = new Map<string, Error>()
  for (const family of [...own, ...workers.flat(), ...exited]) {
    const { name, signature } = family
    const expected = signatures.get(name)
    const others = byName.get(name)
    if (signature !== expected) conflicts.set(name, conflictError(name, expected, signature))
    else if (others === undefined) byName.set(name, [family])
    else others.push(family)
  }
  const families = await addAll([...byName.values()])
  return { families, conflicts: Array.from(conflicts, ([name, error]) => ({ name, error })) }
}

async function addAll(
  groups: readonly [MetricFamily, ...MetricFamily[]][],
): Promise<MetricFamily[]> {
  const slices = new TimeSlices()
  await slices.next()
  const sums: MetricFamily[] = []
  for (const families of groups) {
    if (families[0].aggregator === 'omit') continue
    const steps = aggregateInSteps(families)
    let step = steps.next()
    while (step.done !== true) {
      // oxlint-disable-next-line no-await-in-loop -- yields to the event loop
      if (slices.isOver) await slices.next()
      step = steps.next()
    }
    sums.push(step.value)
  }
  return sums
}

function conflictError(name: string, expected: string | undefined, got: string): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_CONFLICT',
    `prisma-prometheus: workers: metric "${name}": expected all workers to have ${expected}, got ${got} too, which is left out of the sum`,
  )
}
