import type { ExemplarData, FamilyData, Labels, SampleData } from '../collect/metric-family.ts'

/** Part of a family, as it goes from process to process: in JSON, and in messages of bounded size. */
export interface WireFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly groups: WireGroup[]
}

/** Samples with the labels they share, so that a histogram's do not travel with every bucket. */
type WireGroup = [shared: Labels | null, samples: WireSample[]]

type WireSample = [
  labels: Labels,
  value: number | string,
  metricName: string | null,
  exemplar: ExemplarData | null,
]

/** Samples in one message: reading or writing it takes a millisecond or two. */
const samplesInPart = 1000

export function* partsOf(families: readonly FamilyData[]): Generator<WireFamily[]> {
  let part: WireFamily[] = []
  let samples = 0
  for (const { values, ...family } of families) {
    let wire: WireFamily = { ...family, groups: [] }
    part.push(wire)
    let group: WireGroup | undefined
    let shared: Labels | undefined
    for (const sample of values) {
      if (samples === samplesInPart) {
        yield part
        wire = { ...family, groups: [] }
        part = [wire]
        samples = 0
        group = undefined
      }
      if (group === undefined || sample.sharedLabels !== shared) {
        shared = sample.sharedLabels
        group = [shared ?? null, []]
        wire.groups.push(group)
      }
      group[1].push(wireSample(sample))
      samples += 1
    }
  }
  if (part.length > 0) yield part
}

// JSON knows neither NaN nor infinities.
function wireSample({ labels = {}, value, metricName, exemplar }: SampleData): WireSample {
  const number = Number(value)
  const wireValue = Number.isFinite(number) ? number : String(number)
  return [labels, wireValue, metricName ?? null, exemplar ?? null]
}

/** Puts the parts of one sender together again. */
export class Assembly {
  readonly #families = new Map<string, FamilyData & { values: SampleData[] }>()

  add(part: readonly WireFamily[]): void {
    for (const { groups, ...family } of part) {
      let whole = this.#families.get(family.name)
      if (whole === undefined) {
        whole = { ...family, values: [] }
        this.#families.set(family.name, whole)
      }
      for (const [shared, samples] of groups) {
        for (const sample of samples) whole.values.push(sampleData(sample, shared))
      }
    }
  }

  get families(): FamilyData[] {
    return [...this.#families.values()]
  }
}

function sampleData(
  [labels, value, metricName, exemplar]: WireSample,
  shared: Labels | null,
): SampleData {
  return {
    labels,
    ...(shared === null ? undefined : { sharedLabels: shared }),
    value: Number(value),
    ...(metricName === null ? undefined : { metricName }),
    exemplar,
  }
}
