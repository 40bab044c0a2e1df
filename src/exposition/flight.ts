import { type Family, isFamily, type Series } from '../series/family.ts'

/** A metric that is not ours, as far as both prom-client packages agree. */
export interface ForeignMetric {
  readonly name: string
  readonly help?: unknown
  readonly type?: unknown
  readonly aggregator?: unknown
  readonly labelNames?: readonly string[]
  readonly upperBounds?: readonly number[]
  get(): unknown
  /** As `get`, with the labels of a histogram's series shared by its samples: it copies less. */
  getForPromString?(): unknown
}

export type Metric = Family<Series> | ForeignMetric

/** How it ended: with what a metric that is not ours answered, or with what it threw. */
export type Landing = { readonly answer: unknown } | { readonly error: unknown }

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
  static of(metric: Metric): Flight {
    const current = underWay.get(metric)
    if (current !== undefined && performance.now() - current.#began < lostAfter) return current
    const flight = new Flight()
    underWay.set(metric, flight)
    void collect(metric).then((landing) => {
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

async function collect(metric: Metric): Promise<Landing> {
  try {
    if (isFamily(metric)) {
      await metric.refresh()
      return { answer: undefined }
    }
    const answer = await (typeof metric.getForPromString === 'function'
      ? metric.getForPromString()
      : metric.get())
    return { answer }
  } catch (error) {
    return { error }
  }
}
