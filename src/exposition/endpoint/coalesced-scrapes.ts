import type { ContentCoding } from '../format/negotiation/content-coding.ts'
import { Flight } from '../collect/in-flight-collection.ts'
import { type Collection, gather, type Gathering } from './gather.ts'
import type { Format } from '../format/negotiation/negotiate.ts'
import { render, type Rendered } from '../format/render.ts'
import type { FamilySource } from '../collect/family-sources.ts'
import { Slices } from '../collect/event-loop-slices.ts'

/** How old a round may be for a scrape to join it, in milliseconds. */
const joinableFor = 1000

/**
 * The scrapes of one set of registries, those that come at the same time sharing their work. A
 * scrape joins the round that is going on, unless that round has a body ready, is too old, or may
 * find out too late what there is: what it gets was read a moment before it asked at the earliest.
 */
export class Rounds {
  readonly #sources: (seconds: number) => Promise<readonly FamilySource[]>
  #current: Round | undefined

  /** @param sources what there is to collect; it may take some of the time itself to find out */
  constructor(sources: (seconds: number) => Promise<readonly FamilySource[]>) {
    this.#sources = sources
  }

  /**
   * To be followed by the round's `leave()`.
   *
   * @param seconds how long this scrape can wait
   */
  join(seconds: number): Round {
    const now = performance.now()
    const end = now + seconds * 1000
    let round = this.#current
    if (round === undefined || now - round.began > joinableFor || round.mayBeSearchingAt(end)) {
      round = new Round(this.#sources(seconds), end, (ended) => {
        if (this.#current === ended) this.#current = undefined
      })
      this.#current = round
    }
    round.enter()
    return round
  }
}

export class Round {
  readonly began: number = performance.now()
  readonly #sources: Promise<readonly FamilySource[]>
  readonly #collections = new Map<FamilySource, Collection>()
  readonly #bodies = new Map<string, Promise<Rendered>>()
  readonly #close: (round: Round) => void
  /** By when the sources are found out. */
  readonly #end: number
  #names: ReadonlySet<string> | undefined
  #scrapes = 0

  constructor(
    sources: Promise<readonly FamilySource[]>,
    end: number,
    close: (round: Round) => void,
  ) {
    this.#sources = sources
    this.#end = end
    this.#close = close
  }

  /** Whether it may still be finding out then what there is to collect. */
  mayBeSearchingAt(time: number): boolean {
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
   * The families, or those of the names.
   *
   * @param seconds how long this scrape can wait for them
   * @param signal ends the waiting
   */
  async gather(
    names: ReadonlySet<string> | undefined,
    seconds: number,
    signal?: AbortSignal,
  ): Promise<Gathering> {
    const began = performance.now()
    const sources = await this.#sources
    this.#names = new Set(sources.map(({ name }) => name))
    const slices = new Slices()
    await slices.next()
    const collections: Collection[] = []
    for (const source of sources) {
      if (names !== undefined && !names.has(source.name)) continue
      collections.push(this.#collection(source))
      // A registry's own reading is synchronous work, too.
      // oxlint-disable-next-line no-await-in-loop -- waiting is what it is for
      if (slices.isOver) await slices.next()
    }
    return gather(collections, Math.max(0, seconds - (performance.now() - began) / 1000), signal)
  }

  #collection(source: FamilySource): Collection {
    let collection = this.#collections.get(source)
    if (collection === undefined) {
      collection = {
        source,
        flights: source.metrics.map((metric) => Flight.of(source.name, metric)),
      }
      this.#collections.set(source, collection)
    }
    return collection
  }

  /** The families as a body: written once for all scrapes that want the same. */
  async body(
    { families, failures }: Gathering,
    format: Format,
    coding: ContentCoding | undefined,
  ): Promise<Rendered> {
    const { syntax, escaping } = format
    const key = JSON.stringify([
      syntax,
      escaping,
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
