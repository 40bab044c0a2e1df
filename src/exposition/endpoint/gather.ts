import type { FamilyData } from '../collect/metric-family.ts'
import type { Flight } from '../collect/in-flight-collection.ts'
import type { NamedFamily } from '../format/render.ts'
import type { FamilySource } from '../collect/family-sources.ts'
import { codedError } from '../../support/coded-error.ts'

/** A family that a scrape has to do without. */
export interface Failure {
  readonly name: string
  readonly error: unknown
  /** Whether the deadline passed before it was there. */
  readonly late: boolean
}

export interface Gathering {
  readonly families: readonly NamedFamily[]
  readonly failures: readonly Failure[]
}

/** A family being collected: its metrics' flights, in the order of `source.metrics`. */
export interface Collection {
  readonly source: FamilySource
  readonly flights: readonly Flight[]
}

/**
 * Waits for the collections, for `seconds` at most or until the signal: what is there by then is what
 * there is.
 */
export async function gather(
  collections: readonly Collection[],
  seconds: number,
  signal?: AbortSignal,
): Promise<Gathering> {
  const began = performance.now()
  await landings(
    collections.flatMap(({ flights }) => flights),
    seconds,
    signal,
  )
  const waited = ((performance.now() - began) / 1000).toFixed(2)
  const families: NamedFamily[] = []
  const failures: Failure[] = []
  for (const { source, flights } of collections) {
    const { name } = source
    if (flights.some(({ landing }) => landing === undefined)) {
      const error = codedError(
        'PRISMA_PROMETHEUS_COLLECT_TIMEOUT',
        `prisma-prometheus: metric "${name}" was not there in ${waited} s`,
      )
      failures.push({ name, error, late: true })
      continue
    }
    try {
      families.push({ name, collected: source.collected(flights.map(dataOf)) })
    } catch (error) {
      failures.push({ name, error, late: false })
    }
  }
  return { families, failures }
}

function dataOf({ landing }: Flight): FamilyData | undefined {
  if (landing === undefined || 'error' in landing) throw landing?.error
  return landing.data
}

function landings(
  flights: readonly Flight[],
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const pending = flights.filter(({ landing }) => landing === undefined)
    let left = pending.length
    if (left === 0 || signal?.aborted === true) return resolve()
    const onLanding = (): void => {
      left -= 1
      if (left === 0) end()
    }
    const removals = pending.map((flight) => flight.onLanding(onLanding))
    const timer = setTimeout(end, seconds * 1000)
    signal?.addEventListener('abort', end)
    function end(): void {
      signal?.removeEventListener('abort', end)
      clearTimeout(timer)
      for (const remove of removals) remove()
      resolve()
    }
  })
}
