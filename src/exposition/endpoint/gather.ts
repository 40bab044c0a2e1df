import { codedError } from '../../support/coded-error.ts'
import type { FamilySource } from '../collect/family-sources.ts'
import type { InFlightCollection } from '../collect/in-flight-collection.ts'
import type { Answer } from '../collect/read-metric.ts'
import type { NamedFamily } from '../format/render.ts'
import { secondsSince } from '../../support/elapsed.ts'

/** A family that is missing from a scrape, or of which a part is missing. */
export interface Failure {
  readonly name: string
  readonly error: unknown
  /** Whether the family was not collected before the deadline. */
  readonly late: boolean
}

export interface Gathered {
  readonly families: readonly NamedFamily[]
  readonly failures: readonly Failure[]
}

/** A family being collected; its collections are in the order of `source.metrics`. */
export interface FamilyCollection {
  readonly source: FamilySource
  readonly collections: readonly InFlightCollection[]
}

/** Returns the families that are collected within `seconds`, or until the signal is aborted. */
export async function gather(
  collecting: readonly FamilyCollection[],
  seconds: number,
  signal?: AbortSignal,
): Promise<Gathered> {
  const began = performance.now()
  await settled(
    collecting.flatMap(({ collections }) => collections),
    seconds,
    signal,
  )
  const waited = secondsSince(began).toFixed(2)
  const families: NamedFamily[] = []
  const failures: Failure[] = []
  for (const { source, collections } of collecting) {
    const { name } = source
    if (collections.some(({ result }) => result === undefined)) {
      const error = codedError(
        'PRISMA_PROMETHEUS_COLLECT_TIMEOUT',
        `prisma-prometheus: metric "${name}" was not collected within ${waited} s`,
      )
      failures.push({ name, error, late: true })
      continue
    }
    try {
      families.push({ name, collected: source.collected(collections.map(answerOf)) })
    } catch (error) {
      failures.push({ name, error, late: false })
    }
  }
  return { families, failures }
}

function answerOf({ result }: InFlightCollection): Answer | undefined {
  if (result === undefined || 'error' in result) throw result?.error
  return result.answer
}

function settled(
  collections: readonly InFlightCollection[],
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const pending = collections.filter(({ result }) => result === undefined)
    let left = pending.length
    if (left === 0 || signal?.aborted === true) return resolve()
    const onSettled = (): void => {
      left -= 1
      if (left === 0) end()
    }
    const removals = pending.map((collection) => collection.onSettled(onSettled))
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
