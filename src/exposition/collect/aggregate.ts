import { addNative, type NativeValues } from '../../metrics/histograms/native-buckets.ts'
import type { Labels, Sample, Exemplar } from '../../metrics/samples.ts'
import { keyOfLabels, type MetricFamily } from './metric-family.ts'

type Combine = (values: readonly number[]) => number

const first: Combine = (values) => values[0] as number

/** prom-client's aggregators other than addition, by name. */
const combiners: Readonly<Record<string, Combine>> = {
  first,
  omit: first,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  average: (values) => exactSum(values).value / values.length,
}

/**
 * Combines families of one name and signature. The values of a series that several of them have are
 * combined by the metric's aggregator, or added if it has none. A summary's quantiles cannot be
 * combined and are left out; its `_sum` and `_count` stay.
 */
export function aggregate(families: readonly [MetricFamily, ...MetricFamily[]]): MetricFamily {
  const steps = aggregateInSteps(families)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** {@link aggregate} with pauses, for callers that yield to the event loop in between. */
export function* aggregateInSteps(
  families: readonly [MetricFamily, ...MetricFamily[]],
): Generator<undefined, MetricFamily> {
  const [model] = families
  if (families.length === 1) return model
  const combine = combiners[model.aggregator]
  const isSummary = model.type === 'summary'
  const series = new Map<string, Map<string, Group>>()
  for (const { values } of families) {
    let shared: Labels | undefined
    let groups = new Map<string, Group>()
    for (const [index, sample] of values.entries()) {
      if (index % 500 === 499) yield undefined
      if (isSummary && sample.metricName === undefined) continue
      // The samples of one histogram series follow each other and share their labels.
      const boundOnly = hasBoundOnly(sample)
      if (!boundOnly || sample.sharedLabels !== shared) {
        shared = boundOnly ? sample.sharedLabels : undefined
        groups = groupsOf(series, labelsWithoutBound(sample))
      }
      const key = `${sample.metricName} ${String(sample.labels['le'])}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, new Group(sample))
      else group.add(sample)
    }
  }
  const values: Sample[] = []
  let pauseAt = 500
  for (const groups of series.values()) {
    for (const group of groups.values()) values.push(group.combined(combine))
    if (values.length < pauseAt) continue
    yield undefined
    pauseAt = values.length + 500
  }
  return { ...model, values }
}

class Group {
  readonly #first: Sample
  readonly #values: number[]
  #exemplar: Exemplar | null | undefined
  #native: NativeValues | undefined
  #startedAt: number | undefined

  constructor(sample: Sample) {
    this.#first = sample
    this.#values = valuesOf(sample)
    this.#exemplar = sample.exemplar
    this.#native = sample.native
    this.#startedAt = sample.startedAt
  }

  add(sample: Sample): void {
    this.#values.push(...valuesOf(sample))
    const { exemplar, native, startedAt } = sample
    if (native !== undefined) {
      this.#native = this.#native === undefined ? native : addNative(this.#native, native)
    }
    // The sum has grown since the first of its parts was created.
    if (startedAt !== undefined) this.#startedAt = Math.min(this.#startedAt ?? startedAt, startedAt)
    if ((exemplar?.timestamp ?? -1) > (this.#exemplar?.timestamp ?? -1)) {
      this.#exemplar = exemplar
    }
  }

  combined(combine: Combine | undefined): Sample {
    const values = this.#values
    return {
      ...this.#first,
      ...(combine === undefined ? exactSum(values) : { value: combine(values) }),
      exemplar: this.#exemplar ?? null,
      ...(this.#native !== undefined && { native: this.#native }),
      ...(this.#startedAt !== undefined && { startedAt: this.#startedAt }),
    }
  }
}

function valuesOf({ value, rest = 0 }: Sample): number[] {
  return rest === 0 ? [value] : [value, rest]
}

/**
 * The sum, rounded once, and the rest that the rounding removed (Neumaier): added in another order, after
 * a worker has exited, the values must not give a smaller sum, which would look like a restart.
 */
function exactSum(values: readonly number[]): { value: number; rest: number } {
  let sum = 0
  let rest = 0
  for (const value of values) {
    const next = sum + value
    rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  if (!Number.isFinite(rest)) return { value: sum, rest: 0 }
  const rounded = sum + rest
  return { value: rounded, rest: sum - rounded + rest }
}

function groupsOf(series: Map<string, Map<string, Group>>, labels: Labels): Map<string, Group> {
  const key = keyOfLabels(labels)
  let groups = series.get(key)
  if (groups === undefined) {
    groups = new Map()
    series.set(key, groups)
  }
  return groups
}

/** Whether all labels except the bucket's bound are shared. */
function hasBoundOnly({ labels, sharedLabels }: Sample): boolean {
  if (sharedLabels === undefined) return false
  for (const name in labels) if (name !== 'le') return false
  return true
}

function labelsWithoutBound({ labels, sharedLabels }: Sample): Labels {
  const { le: _, ...others } = { ...sharedLabels, ...labels }
  return others
}
