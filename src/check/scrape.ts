/** One line of an exposition. */
export interface ScrapedSample {
  readonly name: string
  /** Without a prototype: a label may be called `__proto__`. */
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ScrapedFamily {
  readonly name: string
  type: string
  help: string | undefined
  readonly samples: ScrapedSample[]
}

export interface Scrape {
  /** By name, in the order of the body. A counter has the name of its samples, also in OpenMetrics. */
  readonly families: ReadonlyMap<string, ScrapedFamily>
  /** Lines for which Prometheus refuses the whole scrape. */
  readonly errors: readonly string[]
  /** Samples that Prometheus drops, though it accepts the scrape. */
  readonly dropped: readonly string[]
  /** Lines that Prometheus accepts, and other parsers refuse. */
  readonly warnings: readonly string[]
}

const suffixes = /_(?:bucket|sum|count|total|created|info|gsum|gcount)$/

/** Collects the lines of a body by family. */
export class ScrapeBuilder implements Scrape {
  readonly families: Map<string, ScrapedFamily> = new Map()
  readonly errors: string[] = []
  readonly dropped: string[] = []
  readonly warnings: string[] = []
  readonly #seen = new Set<string>()
  readonly #openMetrics: boolean

  constructor(openMetrics: boolean) {
    this.#openMetrics = openMetrics
  }

  help(line: number, name: string, text: string): void {
    const family = this.#family(name)
    if (family.help !== undefined) this.warnings.push(`line ${line}: second HELP of ${name}`)
    family.help = text
  }

  type(line: number, name: string, type: string): void {
    const declared = this.#family(name)
    if (declared.samples.length > 0) {
      this.warnings.push(`line ${line}: TYPE of ${name} after its samples`)
    }
    declared.type = type
    if (!this.#openMetrics || type !== 'counter') return
    this.families.delete(name)
    this.families.set(`${name}_total`, { ...declared, name: `${name}_total` })
  }

  sample(line: number, sample: ScrapedSample): void {
    const { name, labels } = sample
    const key = `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`
    if (this.#seen.has(key)) {
      this.dropped.push(`line ${line}: second sample of ${name} ${JSON.stringify(labels)}`)
    }
    this.#seen.add(key)
    this.#family(this.#familyName(name)).samples.push(sample)
  }

  /** `x_bucket`, `x_sum` and `x_count` belong to the histogram or summary `x`. */
  #familyName(name: string): string {
    const base = name.replace(suffixes, '')
    if (base === name || this.families.has(name)) return name
    const counter = this.families.get(`${base}_total`)
    if (this.#openMetrics && counter?.type === 'counter') return counter.name
    const type = this.families.get(base)?.type ?? 'untyped'
    return type === 'untyped' || type === 'gauge' ? name : base
  }

  #family(declared: string): ScrapedFamily {
    const total = this.families.get(`${declared}_total`)
    if (this.#openMetrics && total !== undefined) return total
    let family = this.families.get(declared)
    if (family === undefined) {
      family = { name: declared, type: 'untyped', help: undefined, samples: [] }
      this.families.set(declared, family)
    }
    return family
  }
}
