import type { Finding } from './finding.ts'
import type { Scrape } from './scrape.ts'

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
  // One character before the @ is enough, and keeps the cost linear in the length.
  { what: 'mail addresses', pattern: /[^\s@]@[^\s@]+\.[a-z]{2}/i },
  { what: 'paths with numbers', pattern: /\/\d{2,}(?:\/|$)/ },
  { what: 'long numbers', pattern: /^\d{6,}$/ },
]

/** Labels with very many values, and labels whose values look like ids. */
export function checkCardinality(scrape: Scrape, maxValues: number): Finding[] {
  const families = [...scrape.families.values()]
  const constant = constantLabels(families.flatMap(({ samples }) => samples))
  return [
    ...[...constant].flatMap(checkConstant),
    ...families.flatMap(({ name, samples }) =>
      [...valuesByLabel(samples)]
        .filter(([label]) => !constant.has(label))
        .flatMap(([label, values]) => checkValues(name, label, values, maxValues)),
    ),
  ]
}

/** A label with one value adds no series while the process lives. */
function checkConstant([label, value]: readonly [string, string]): Finding[] {
  const what = identifiersIn([value])
  if (what === undefined) return []
  const text = `label ${label} holds ${what}, the same value in every series`
  const advice =
    'if it changes at each start, all series are new then: leave instances to Prometheus'
  return [{ code: 'constant-identifier', level: 'note', text, advice }]
}

function checkValues(
  name: string,
  label: string,
  values: ReadonlySet<string>,
  maxValues: number,
): Finding[] {
  const what = identifiersIn([...values])
  const advice = 'use the kind as the label value (a route, a severity), never the individual'
  if (what !== undefined) {
    return [
      {
        code: 'identifiers',
        level: 'error',
        text: `${name}: label ${label} holds ${what}`,
        advice,
      },
    ]
  }
  return values.size > maxValues
    ? [
        {
          code: 'many-values',
          level: 'warning',
          text: `${name}: label ${label} has ${values.size} values`,
          advice,
        },
      ]
    : []
}

function identifiersIn(values: readonly string[]): string | undefined {
  return identifiers.find(({ pattern }) => values.some((value) => pattern.test(value)))?.what
}

type Samples = readonly { readonly labels: Readonly<Record<string, string>> }[]

/** Labels that every sample has with the same value, as the default labels of a registry. */
function constantLabels(samples: Samples): Map<string, string> {
  const entries = Object.entries(samples[0]?.labels ?? {})
  return new Map(
    entries.filter(([label, value]) => samples.every(({ labels }) => labels[label] === value)),
  )
}

function valuesByLabel(samples: Samples): Map<string, Set<string>> {
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
