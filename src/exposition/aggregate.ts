import type { ExemplarData, FamilyData, Labels, SampleData } from './family-data.ts'

type Combine = (values: readonly number[]) => number

const sum: Combine = (values) => values.reduce((total, value) => total + value, 0)

const first: Combine = (values) => values[0] as number

/** prom-client's aggregators, by the names its metrics give them. */
const combiners: Readonly<Record<string, Combine>> = {
  sum,
  first,
  omit: first,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  average: (values) => sum(values) / values.length,
}

/**
 * Families of one name from several places as one: where several have the same series, its values
 * are combined as the metric's aggregator says, by addition where it says nothing. A summary's
 * quantiles cannot be combined and are left out; its `_sum` and `_count` stay.
 */
export function aggregate(families: readonly [FamilyData, ...FamilyData[]]): FamilyData {
  const [model] = families
  if (families.length === 1) return model
  const combine = combiners[model.aggregator] ?? sum
  const isSummary = model.type === 'summary'
  const groups = new Map<string, Group>()
  for (const { values } of families) {
    for (const sample of values) {
      if (isSummary && sample.metricName === undefined) continue
      const key = keyOf(sample)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, new Group(sample))
      else group.add(sample)
    }
  }
  return { ...model, values: Array.from(groups.values(), (group) => group.combined(combine)) }
}

class Group {
  readonly #first: SampleData
  readonly #values: number[]
  #exemplar: ExemplarData | null | undefined

  constructor(sample: SampleData) {
    this.#first = sample
    this.#values = [Number(sample.value)]
    this.#exemplar = sample.exemplar
  }

  add({ value, exemplar }: SampleData): void {
    this.#values.push(Number(value))
    if (Number(exemplar?.timestamp) > Number(this.#exemplar?.timestamp ?? 0)) {
      this.#exemplar = exemplar
    }
  }

  combined(combine: Combine): SampleData {
    return { ...this.#first, value: combine(this.#values), exemplar: this.#exemplar ?? null }
  }
}

function keyOf({ labels = {}, sharedLabels, metricName }: SampleData): string {
  const all: Labels = sharedLabels === undefined ? labels : { ...labels, ...sharedLabels }
  const pairs = Object.keys(all)
    .toSorted()
    .map((name) => [name, String(all[name])])
  return JSON.stringify([metricName, pairs])
}
