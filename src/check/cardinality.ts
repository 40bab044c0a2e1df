import type { Finding } from './finding.ts'
import type { Scrape } from './parse.ts'

export interface FamilySize {
  readonly name: string
  readonly series: number
  /** Values of its most varied label. */
  readonly label: string
  readonly values: number
}

/** Metrics by their number of series, the largest first. */
export function sizes(scrape: Scrape): FamilySize[] {
  return [...scrape.families.values()]
    .map(({ name, samples }) => {
      const [label, values] = [...valuesByLabel(samples)].toSorted(
        ([, a], [, b]) => b.size - a.size,
      )[0] ?? ['', new Set()]
      return { name, series: samples.length, label, values: values.size }
    })
    .toSorted((a, b) => b.series - a.series)
}

const identifiers = [
  { what: 'UUIDs', pattern: /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i },
  // One character before the @ says as much as all of them, at a cost that grows with the length only.
  { what: 'mail addresses', pattern: /[^\s@]@[^\s@]+\.[a-z]{2}/i },
  { what: 'paths with numbers', pattern: /\/\d{2,}(?:\/|$)/ },
  { what: 'long numbers', pattern: /^\d{6,}$/ },
]

/** Labels with very many values, and labels whose values look like ids. */
export function checkCardinality(scrape: Scrape, maxValues: number): Finding[] {
  return [...scrape.families.values()].flatMap(({ name, samples }) =>
    [...valuesByLabel(samples)].flatMap(([label, values]): Finding[] => {
      const found = identifiers.find(({ pattern }) =>
        [...values].some((value) => pattern.test(value)),
      )
      const advice = 'name the kind (a route, a severity), never the single one'
      if (found !== undefined) {
        return [{ level: 'error', text: `${name}: label ${label} holds ${found.what}`, advice }]
      }
      return values.size > maxValues
        ? [{ level: 'warning', text: `${name}: label ${label} has ${values.size} values`, advice }]
        : []
    }),
  )
}

function valuesByLabel(
  samples: readonly { readonly labels: Readonly<Record<string, string>> }[],
): Map<string, Set<string>> {
  const values = new Map<string, Set<string>>()
  for (const { labels } of samples) {
    for (const [label, value] of Object.entries(labels)) {
      if (label === 'le' || label === 'quantile') continue
      const known = values.get(label)
      if (known === undefined) values.set(label, new Set([value]))
      else known.add(value)
    }
  }
  return values
}
