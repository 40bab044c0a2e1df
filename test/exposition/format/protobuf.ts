import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type { ParsedExemplar, ParsedFamily, ParsedSample } from './python-parsers.ts'

/** client_model's `io/prometheus/client/metrics.proto`, as it is published. */
const schema = protobuf.loadSync(fileURLToPath(new URL('metrics.proto', import.meta.url)))
const MetricFamily = schema.lookupType('io.prometheus.client.MetricFamily')

interface Timestamp {
  readonly seconds: number
  readonly nanos: number
}

interface WireExemplar {
  readonly label: readonly Label[]
  readonly value: number
  readonly timestamp?: Timestamp
}

interface Label {
  readonly name: string
  readonly value: string
}

interface Valued {
  readonly value: number
  readonly exemplar?: WireExemplar
  readonly createdTimestamp?: Timestamp
}

export interface WireHistogram {
  readonly sampleCount: number
  readonly sampleSum: number
  readonly bucket?: readonly {
    readonly cumulativeCount: number
    readonly upperBound: number
    readonly exemplar?: WireExemplar
  }[]
  readonly createdTimestamp?: Timestamp
  readonly schema?: number
  readonly zeroThreshold?: number
  readonly zeroCount?: number
  readonly positiveSpan?: readonly { readonly offset: number; readonly length: number }[]
  readonly positiveDelta?: readonly number[]
  readonly exemplars?: readonly WireExemplar[]
}

export interface WireMetric {
  readonly label: readonly Label[]
  readonly counter?: Valued
  readonly gauge?: Valued
  readonly untyped?: Valued
  readonly summary?: {
    readonly sampleCount: number
    readonly sampleSum: number
    readonly quantile: readonly { readonly quantile: number; readonly value: number }[]
  }
  readonly histogram?: WireHistogram
}

export interface WireFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly unit?: string
  readonly metric: readonly WireMetric[]
}

/** The families of a body of delimited messages. Fields that are absent stay absent. */
export function decodeBody(body: Uint8Array): WireFamily[] {
  const reader = protobuf.Reader.create(body)
  const families: WireFamily[] = []
  while (reader.pos < reader.len) {
    const message = MetricFamily.decodeDelimited(reader)
    const object = MetricFamily.toObject(message, { longs: Number, enums: String, arrays: true })
    families.push(object as WireFamily)
  }
  return families
}

/** The observations by bucket index, read from spans and deltas as Prometheus reads them. */
export function bucketsOf({ positiveSpan = [], positiveDelta = [] }: WireHistogram) {
  const buckets: Record<number, number> = {}
  let index = 0
  let count = 0
  let at = 0
  for (const { offset, length } of positiveSpan) {
    index += offset
    for (let step = 0; step < length; step++) {
      count += positiveDelta[at] ?? Number.NaN
      if (count !== 0) buckets[index] = count
      at += 1
      index += 1
    }
  }
  if (at !== positiveDelta.length) throw new Error(`${at} buckets, ${positiveDelta.length} deltas`)
  return buckets
}

const types: Readonly<Record<string, string>> = {
  COUNTER: 'counter',
  GAUGE: 'gauge',
  SUMMARY: 'summary',
  HISTOGRAM: 'histogram',
  UNTYPED: 'unknown',
}

/** The families as the Python parsers return those of the text formats. */
export function parsedFamilies(body: Uint8Array): ParsedFamily[] {
  return decodeBody(body).map(({ name, help, type, metric }) => ({
    name,
    help,
    type: types[type] ?? type,
    samples: metric.flatMap((each) => samplesOf(name, each)),
  }))
}

function samplesOf(name: string, metric: WireMetric): ParsedSample[] {
  const labels = Object.fromEntries(metric.label.map((label) => [label.name, label.value]))
  const sample = (
    suffix: string,
    value: number,
    more: Record<string, string> = {},
    exemplar?: WireExemplar,
  ): ParsedSample => ({
    name: name + suffix,
    labels: { ...labels, ...more },
    value,
    exemplar: exemplar && parsedExemplar(exemplar),
  })
  const { histogram, summary, counter, gauge, untyped } = metric
  if (histogram !== undefined) {
    const { bucket = [], sampleCount, sampleSum } = histogram
    const infinite = bucket.find(({ upperBound }) => upperBound === Number.POSITIVE_INFINITY)
    return [
      ...bucket
        .filter((each) => each !== infinite)
        .map(({ cumulativeCount, upperBound, exemplar }) =>
          sample('_bucket', cumulativeCount, { le: String(upperBound) }, exemplar),
        ),
      // Readers add it if it is missing.
      sample('_bucket', sampleCount, { le: '+Inf' }, infinite?.exemplar),
      sample('_sum', sampleSum),
      sample('_count', sampleCount),
    ]
  }
  if (summary !== undefined) {
    return [
      ...summary.quantile.map(({ quantile, value }) =>
        sample('', value, { quantile: String(quantile) }),
      ),
      sample('_sum', summary.sampleSum),
      sample('_count', summary.sampleCount),
    ]
  }
  const { value = Number.NaN } = counter ?? gauge ?? untyped ?? {}
  return [sample('', value)]
}

function parsedExemplar({ label, value, timestamp }: WireExemplar): ParsedExemplar {
  return {
    labels: Object.fromEntries(label.map((each) => [each.name, each.value])),
    value,
    timestamp: timestamp && timestamp.seconds + timestamp.nanos / 1e9,
  }
}
