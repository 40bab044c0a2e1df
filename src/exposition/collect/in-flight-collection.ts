import { isFamily } from '../../metrics/metric-family.ts'
import type { FamilyData } from './metric-family.ts'
import { type Metric, readMetric } from './foreign-metric.ts'

/** How it ended. One of our own families lands without data: its series are read as they are. */
export type Landing = { readonly data: FamilyData | undefined } | { readonly error: unknown }

/** After this long a collector is taken for lost and asked again, in milliseconds. */
const lostAfter = 60_000

const underWay = new WeakMap<Metric, Flight>()

/**
 * A metric being collected. Each metric is collected once at a time, however many scrapes wait for
 * it; and since a hanging one may never land, a scrape that goes leaves nothing behind in it.
 */
export class Flight {
  landing: Landing | undefined
  readonly #began = performance.now()
  readonly #waiting = new Set<() => void>()

  /** The collection of the metric that is under way, or a new one. */
  static of(name: string, metric: Metric): Flight {
    const current = underWay.get(metric)
    if (current !== undefined && performance.now() - current.#began < lostAfter) return current
    const flight = new Flight()
    underWay.set(metric, flight)
    void collect(name, metric).then((landing) => {
      if (underWay.get(metric) === flight) underWay.delete(metric)
      flight.#land(landing)
    })
    return flight
  }

  /** Returns a function that takes the callback off again. */
  onLanding(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  #land(landing: Landing): void {
    this.landing = landing
    for (const callback of this.#waiting) callback()
    this.#waiting.clear()
  }
}

async function collect(name: string, metric: Metric): Promise<Landing> {
  try {
    if (!isFamily(metric)) return { data: await readMetric(name, metric) }
    await metric.refresh()
    return { data: undefined }
  } catch (error) {
    return { error }
  }
}
