/** One line of an exposition. */
export interface ScrapedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly line: number
}

export interface ScrapedFamily {
  readonly name: string
  type: string
  help: string | undefined
  readonly samples: ScrapedSample[]
}

export interface Scrape {
  /** By name, in the order of the body. */
  readonly families: ReadonlyMap<string, ScrapedFamily>
  /** What is not of the format, by line. */
  readonly errors: readonly string[]
}

const namePattern = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const comment = new RegExp(`^# (?<keyword>HELP|TYPE) (?<name>${namePattern})(?: (?<text>.*))?$`)
const sample = new RegExp(
  `^(?<name>${namePattern})(?:\\{(?<labels>.*)\\})? +(?<value>[^ ]+)(?: +-?\\d+)?$`,
)
const label = /^\s*(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\]|\\[\\n"])*)"\s*(?:,|$)/
const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped'])

/**
 * Reads the Prometheus text format 0.0.4, and notes whatever is not of it instead of giving up
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export function parseScrape(body: string): Scrape {
  const families = new Map<string, ScrapedFamily>()
  const errors: string[] = []
  const seen = new Set<string>()
  const familyOf = (name: string): ScrapedFamily => {
    let family = families.get(name)
    if (family === undefined) {
      family = { name, type: 'untyped', help: undefined, samples: [] }
      families.set(name, family)
    }
    return family
  }
  if (body !== '' && !body.endsWith('\n'))
    errors.push('the last line does not end: the body is cut off')

  for (const [index, text] of body.split('\n').entries()) {
    const line = index + 1
    const wrong = (what: string): void => void errors.push(`line ${line}: ${what}`)
    if (text.startsWith('#')) {
      const { keyword, name, text: said = '' } = comment.exec(text)?.groups ?? {}
      if (name === undefined) continue
      const family = familyOf(name)
      if (keyword === 'HELP') {
        if (family.help !== undefined) wrong(`a second HELP of ${name}`)
        family.help = said
      } else {
        if (!types.has(said)) wrong(`expected a type, got ${JSON.stringify(said)}`)
        if (family.samples.length > 0) wrong(`TYPE of ${name} after its samples`)
        family.type = said
      }
    } else if (text.trim() !== '') {
      const { name, labels: labelText, value: written } = sample.exec(text)?.groups ?? {}
      const labels = labelText === undefined ? {} : parseLabels(labelText)
      const value = parseNumber(written ?? '')
      if (name === undefined || labels === undefined || value === undefined) {
        wrong(`expected a name, labels and a number, got ${JSON.stringify(text.slice(0, 80))}`)
        continue
      }
      const key = `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`
      if (seen.has(key)) wrong(`a second sample of ${text.slice(0, text.lastIndexOf(' '))}`)
      seen.add(key)
      familyOf(familyName(name, families)).samples.push({ name, labels, value, line })
    }
  }
  return { families, errors }
}

/** `x_bucket`, `x_sum` and `x_count` belong to the histogram or summary `x`. */
function familyName(name: string, families: ReadonlyMap<string, ScrapedFamily>): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  const type = families.get(base)?.type
  return type === 'histogram' || type === 'summary' ? base : name
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest.trim() !== '') {
    const match = label.exec(rest)
    const { name, value } = match?.groups ?? {}
    if (match === null || name === undefined || Object.hasOwn(labels, name)) return undefined
    labels[name] = (value as string).replaceAll(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    )
    rest = rest.slice(match[0].length)
  }
  return labels
}

function parseNumber(text: string): number | undefined {
  const infinite = /^(?<sign>[+-]?)inf(?:inity)?$/i.exec(text)
  if (infinite !== null) return infinite.groups?.['sign'] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  const value = Number(text)
  return text === '' || Number.isNaN(value) ? undefined : value
}
