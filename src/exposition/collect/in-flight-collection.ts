import { isFamily } from '../../metrics/metric-family.ts'
import { processState } from '../../support/process-state.ts'
import type { Metric } from './metric.ts'
import { type Answer, ask } from './read-metric.ts'
import { secondsSince } from '../../support/elapsed.ts'

/** The result of a collection. Families of this package have no answer: their series are read directly. */
export type CollectionResult = { readonly answer: Answer | undefined } | { readonly error: unknown }

/** A collector that takes longer is considered lost and is called again. */
const lostAfterSeconds = 60

const running = processState('collections', 1, () => new WeakMap<Metric, InFlightCollection>())

/**
 * One metric being collected, shared by all scrapes that wait for it. A collector may never settle:
 * a scrape that stops waiting leaves nothing behind.
 */
export class InFlightCollection {
  result: CollectionResult | undefined
  readonly began: number = performance.now()
  readonly #waiting = new Set<() => void>()

  /** The running collection of the metric, or a new one. */
  static of(name: string, metric: Metric): InFlightCollection {
    const current = running.get(metric)
    if (current !== undefined && secondsSince(current.began) < lostAfterSeconds) return current
    const collection = new InFlightCollection()
    running.set(metric, collection)
    void collect(name, metric).then((result) => {
      if (running.get(metric) === collection) running.delete(metric)
      collection.#settle(result)
    })
    return collection
  }

  /** Calls `callback` at the end. Returns a function that cancels this. */
  onSettled(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  #settle(result: CollectionResult): void {
    this.result = result
    for (const callback of this.#waiting) callback()
    this.#waiting.clear()
  }
}

async function collect(name: string, metric: Metric): Promise<CollectionResult> {
  try {
    if (!isFamily(metric)) return { answer: await ask(name, metric) }
    await metric.refresh()
    return { answer: undefined }
  } catch (error) {
    return { error }
  }
}
