import type { ExemplarData, FamilyData, Labels, SampleData } from './metric-family.ts'

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
  const steps = aggregateInSteps(families)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same, for who wants to pause now and then. */
export function* aggregateInSteps(
  families: readonly [FamilyData, ...FamilyData[]],
): Generator<undefined, FamilyData> {
  const [model] = families
  if (families.length === 1) return model
  const combine = combiners[model.aggregator] ?? sum
  const isSummary = model.type === 'summary'
  const series = new Map<string, Map<string, Group>>()
  for (const { values } of families) {
    let shared: Labels | undefined
    let groups = new Map<string, Group>()
    for (const [index, sample] of values.entries()) {
      if (index % 500 === 499) yield undefined
      if (isSummary && sample.metricName === undefined) continue
      // The samples of one histogram series come one after the other, and share their labels.
      if (shared === undefined || sample.sharedLabels !== shared || !hasBoundOnly(sample)) {
        shared = hasBoundOnly(sample) ? sample.sharedLabels : undefined
        groups = groupsOf(series, labelsWithoutBound(sample))
      }
      const key = `${sample.metricName} ${String(sample.labels?.['le'])}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, new Group(sample))
      else group.add(sample)
    }
  }
  const values: SampleData[] = []
  for (const groups of series.values()) {
    for (const group of groups.values()) values.push(group.combined(combine))
    if (values.length % 500 > 480) yield undefined
  }
  return { ...model, values }
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

function groupsOf(series: Map<string, Map<string, Group>>, labels: Labels): Map<string, Group> {
  const key = textOf(labels)
  let groups = series.get(key)
  if (groups === undefined) {
    groups = new Map()
    series.set(key, groups)
  }
  return groups
}

/** Whether all labels but the bucket's bound are shared ones. */
function hasBoundOnly({ labels = {}, sharedLabels }: SampleData): boolean {
  if (sharedLabels === undefined) return false
  for (const name in labels) if (name !== 'le') return false
  return true
}

function labelsWithoutBound({ labels, sharedLabels }: SampleData): Labels {
  const { le: _, ...others } = { ...sharedLabels, ...labels }
  return others
}

function textOf(labels: Labels): string {
  const names = Object.keys(labels)
  if (names.length > 1) names.sort()
  return JSON.stringify(names.map((name) => [name, String(labels[name])]))
}
