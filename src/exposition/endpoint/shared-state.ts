import { processState } from '../../support/process-state.ts'
import { warnOnce } from '../../support/warn-once.ts'
import { sourcesOf } from '../collect/family-sources.ts'
import { expectNoConflict } from '../collect/registered-families.ts'
import type { ExposableRegistry, Registries } from '../collect/registry.ts'
import type { LivePage } from '../../live/live-page.ts'
import { CoalescedScrapes } from './coalesced-scrapes.ts'

/** The state that all endpoints of the same registries share. */
export interface Shared {
  readonly scrapes: CoalescedScrapes
  /** The scrapes of the sum over all workers, if this process has joined them. */
  sums: CoalescedScrapes | undefined
  /** The live page, once it has been asked for. */
  live: LivePage | undefined
  /** Scrapes whose body is being made. */
  underWay: number
  /** Receives errors if there is no `onError`. */
  readonly warn: (error: unknown) => void
}

interface SharedBySet extends Shared {
  readonly registries: readonly ExposableRegistry[]
}

// By the first registry of the set. Raise the layout with that of the scrapes.
const sharedByFirst = processState(
  'endpoints',
  2,
  () => new WeakMap<ExposableRegistry, SharedBySet[]>(),
)

/**
 * Returns the state of these registries.
 *
 * @throws {Error} at the first call for these registries if they cannot be merged. Metrics that clash
 * later are left out of the scrapes.
 */
export function sharedBy(registries: Registries): Shared {
  const [first] = registries
  const sets = sharedByFirst.get(first) ?? []
  sharedByFirst.set(first, sets)
  let set = sets.find(
    (candidate) =>
      candidate.registries.length === registries.length &&
      candidate.registries.every((registry, index) => registry === registries[index]),
  )
  if (set === undefined) {
    expectNoConflict(registries)
    const warn = warnOnce(
      'prisma-prometheus: error in a metrics endpoint (only the first is shown; onError receives all)',
    )
    const scrapes = new CoalescedScrapes(() => sourcesOf(registries))
    set = { registries, scrapes, sums: undefined, live: undefined, underWay: 0, warn }
    sets.push(set)
  }
  return set
}
