import type { NativeValues } from '../../metrics/histograms/native-buckets.ts'
import type { Labels, Sample, Exemplar } from '../../metrics/samples.ts'
import { TimeSlices } from '../collect/event-loop.ts'
import type { MetricFamily } from '../collect/metric-family.ts'

/** Part of a family as it is sent between processes: as JSON, in messages of bounded size. */
export interface WireFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly signature: string
  readonly groups: WireGroup[]
}

/** Samples with the labels they share: a histogram's are not repeated in every bucket. */
type WireGroup = [shared: Labels | null, samples: WireSample[]]

type WireSample = [
  labels: Labels,
  value: number | string,
  metricName: string | null,
  exemplar: Exemplar | null,
  // Absent in messages of versions that do not know them.
  startedAt?: number | null,
  native?: NativeValues | null,
]

/** Samples per message: reading or writing one takes 1 to 2 ms. */
const samplesInPart = 1000

export function* partsOf(families: readonly MetricFamily[]): Generator<WireFamily[]> {
  let part: WireFamily[] = []
  let samples = 0
  for (const { name, help, type, aggregator, signature, values } of families) {
    const family = { name, help, type, aggregator, signature }
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

// JSON has neither NaN nor infinities.
function wireSample(sample: Sample): WireSample {
  const { labels, value, metricName = null, exemplar = null, startedAt, native } = sample
  const wireValue = Number.isFinite(value) ? value : String(value)
  if (startedAt === undefined && native === undefined) {
    return [labels, wireValue, metricName, exemplar]
  }
  return [labels, wireValue, metricName, exemplar, startedAt ?? null, native ?? null]
}

/** A part of the families of one sender. */
export interface Part {
  readonly part: readonly WireFamily[]
  readonly isLast: boolean
}

/** Sends families in parts, and yields to the event loop between them. */
export async function sendParts(
  families: readonly MetricFamily[],
  send: (part: Part) => void,
): Promise<void> {
  const slices = new TimeSlices()
  await slices.next()
  for (const part of partsOf(families)) {
    send({ part, isLast: false })
    // oxlint-disable-next-line no-await-in-loop -- yields to the event loop
    if (slices.isOver) await slices.next()
  }
  send({ part: [], isLast: true })
}

/** Puts the parts of one sender together. */
export class Assembly {
  readonly #families = new Map<string, MetricFamily & { values: Sample[] }>()

  add(part: readonly WireFamily[]): void {
    for (const { groups, ...family } of part) {
      let whole = this.#families.get(family.name)
      if (whole === undefined) {
        whole = { ...family, values: [] }
        this.#families.set(family.name, whole)
      }
      for (const [shared, samples] of groups) {
        for (const sample of samples) whole.values.push(sampleOf(sample, shared))
      }
    }
  }

  get families(): MetricFamily[] {
    return [...this.#families.values()]
  }
}

function sampleOf(
  [labels, value, metricName, exemplar, startedAt, native]: WireSample,
  shared: Labels | null,
): Sample {
  return {
    labels,
    ...(shared === null ? undefined : { sharedLabels: shared }),
    value: Number(value),
    ...(metricName === null ? undefined : { metricName }),
    exemplar,
    ...(startedAt == null ? undefined : { startedAt }),
    ...(native == null ? undefined : { native }),
  }
}
