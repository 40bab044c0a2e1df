import type { ContentCoding } from '../format/negotiation/content-coding.ts'
import { InFlightCollection } from '../collect/in-flight-collection.ts'
import { type FamilyCollection, gather, type Gathered } from './gather.ts'
import { type BodyFormat, render, type Rendered } from '../format/render.ts'
import type { FamilySource } from '../collect/family-sources.ts'
import { TimeSlices } from '../collect/event-loop.ts'
import { secondsSince } from '../../support/elapsed.ts'

/** The age up to which a scrape joins a gather cycle, in milliseconds. */
const joinableFor = 1000

/**
 * The scrapes of one set of registries. Concurrent scrapes share one gather cycle, unless it already
 * has a body, is too old, or may learn its sources too late: a scrape never gets values
 * older than {@link joinableFor}.
 */
export class CoalescedScrapes {
  readonly #sources: (seconds: number) => Promise<readonly FamilySource[]>
  #current: GatherCycle | undefined

  /** @param sources returns the sources to collect, within the given seconds */
  constructor(sources: (seconds: number) => Promise<readonly FamilySource[]>) {
    this.#sources = sources
  }

  /**
   * Enters the current gather cycle or a new one. Call its `leave()` at the end of the scrape.
   *
   * @param seconds how long this scrape can wait
   */
  join(seconds: number): GatherCycle {
    const now = performance.now()
    const end = now + seconds * 1000
    let cycle = this.#current
    if (cycle === undefined || now - cycle.began > joinableFor || cycle.mayHaveNoSourcesAt(end)) {
      cycle = new GatherCycle(this.#sources(seconds), end, (ended) => {
        if (this.#current === ended) this.#current = undefined
      })
      this.#current = cycle
    }
    cycle.enter()
    return cycle
  }
}

/** One collection of the registries, shared by the scrapes that have joined it. */
export class GatherCycle {
  readonly began: number = performance.now()
  readonly #sources: Promise<readonly FamilySource[]>
  readonly #collections = new Map<FamilySource, FamilyCollection>()
  readonly #bodies = new Map<string, Promise<Rendered>>()
  readonly #close: (cycle: GatherCycle) => void
  /** When the sources are known at the latest. */
  readonly #end: number
  #names: ReadonlySet<string> | undefined
  #scrapes = 0

  constructor(
    sources: Promise<readonly FamilySource[]>,
    end: number,
    close: (cycle: GatherCycle) => void,
  ) {
    this.#sources = sources
    this.#end = end
    this.#close = close
  }

  /** Whether it may not know its sources at `time` yet. */
  mayHaveNoSourcesAt(time: number): boolean {
    return this.#names === undefined && time < this.#end
  }

  enter(): void {
    this.#scrapes += 1
  }

  leave(): void {
    this.#scrapes -= 1
    if (this.#scrapes === 0) this.#close(this)
  }

  /**
   * Returns the families of these names, or all.
   *
   * @param seconds how long this scrape can wait
   * @param signal ends the wait early
   */
  async gather(
    names: ReadonlySet<string> | undefined,
    seconds: number,
    signal?: AbortSignal,
  ): Promise<Gathered> {
    const began = performance.now()
    const sources = await this.#sources
    this.#names = new Set(sources.map(({ name }) => name))
    const slices = new TimeSlices()
    await slices.next()
    const collecting: FamilyCollection[] = []
    for (const source of sources) {
      if (names !== undefined && !names.has(source.name)) continue
      collecting.push(this.#collection(source))
      // Starting a collector is synchronous work.
      // oxlint-disable-next-line no-await-in-loop -- yields to the event loop
      if (slices.isOver) await slices.next()
    }
    return gather(collecting, Math.max(0, seconds - secondsSince(began)), signal)
  }

  #collection(source: FamilySource): FamilyCollection {
    let collection = this.#collections.get(source)
    if (collection === undefined) {
      collection = {
        source,
        collections: source.metrics.map((metric) => InFlightCollection.of(source.name, metric)),
      }
      this.#collections.set(source, collection)
    }
    return collection
  }

  /** Returns the families as a body, written once for all scrapes with equal requests. */
  async body(
    { families, failures }: Gathered,
    format: BodyFormat,
    coding: ContentCoding | undefined,
  ): Promise<Rendered> {
    const { syntax, created } = format
    const key = JSON.stringify([
      syntax,
      created,
      coding,
      families.map(({ name }) => name),
      failures.map(({ name }) => name),
    ])
    let body = this.#bodies.get(key)
    if (body === undefined) {
      body = render(families, format, coding, (name) => this.#names?.has(name) === true)
      this.#bodies.set(key, body)
    }
    try {
      return await body
    } finally {
      this.#close(this)
    }
  }
}
