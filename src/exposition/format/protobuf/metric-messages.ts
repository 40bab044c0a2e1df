import type { HistogramValues } from '../../../metrics/histograms/histogram-samples.ts'
import { type NativeValues, zeroThreshold } from '../../../metrics/histograms/native-buckets.ts'
import type { Exemplar } from '../../../metrics/samples.ts'
import { exemplarLabels } from '../exemplar.ts'
import type { MessageWriter } from './message-writer.ts'

// The fields are those of
// https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
// Messages are written backwards, so their fields are in descending order.

/** The fields of a `Metric` that hold its value, and the values of `MetricType`. */
const valueTypes = {
  counter: { field: 3, type: 0 },
  gauge: { field: 2, type: 1 },
  untyped: { field: 5, type: 3 },
} as const
const summaryType = { field: 4, type: 2 }
const histogramType = { field: 7, type: 4 }

/** A type of metric whose series are single numbers. */
export type ValueType = keyof typeof valueTypes

export type ProtobufType = ValueType | 'summary' | 'histogram'

/** The `MetricType` of a metric family. */
export function metricType(type: ProtobufType): number {
  if (type === 'summary') return summaryType.type
  return type === 'histogram' ? histogramType.type : valueTypes[type].type
}

/** One series that is a number. */
export interface NumberValue {
  readonly value: number
  readonly exemplar?: Exemplar | null | undefined
  /** Unix time in milliseconds; undefined if unknown. */
  readonly startedAt?: number | undefined
}

export function writeNumber(
  writer: MessageWriter,
  type: ValueType,
  { value, exemplar, startedAt }: NumberValue,
): void {
  const end = writer.length
  if (type === 'counter') {
    if (startedAt !== undefined) writeTimestamp(writer, 3, startedAt)
    if (exemplar != null) writeExemplar(writer, 2, exemplar)
  }
  writer.double(1, value)
  writer.message(valueTypes[type].field, end)
}

export interface SummaryValues {
  readonly quantiles: readonly (readonly [quantile: number, value: number])[]
  readonly sum: number
  readonly count: number
}

export function writeSummary(
  writer: MessageWriter,
  { quantiles, sum, count }: SummaryValues,
): void {
  const end = writer.length
  for (const [quantile, value] of quantiles.toReversed()) {
    const endOfQuantile = writer.length
    writer.double(2, value)
    writer.double(1, quantile)
    writer.message(3, endOfQuantile)
  }
  writer.double(2, sum)
  writer.unsigned(1, count)
  writer.message(summaryType.field, end)
}

export function writeHistogram(writer: MessageWriter, values: HistogramValues): void {
  const { bounds, counts, sum, exemplars = [], native, startedAt } = values
  const end = writer.length
  if (native !== undefined) {
    // Those of native histograms need a time.
    for (const exemplar of exemplars) {
      if (exemplar?.timestamp !== undefined) writeExemplar(writer, 16, exemplar)
    }
  }
  if (startedAt !== undefined) writeTimestamp(writer, 15, startedAt)
  if (native !== undefined) writeNative(writer, native)
  const count = counts.reduce((total, inBucket) => total + inBucket, 0)
  let cumulative = count
  for (let bucket = bounds.length; bucket >= 0; bucket--) {
    const exemplar = exemplars[bucket]
    // Readers add the bucket `+Inf`.
    if (bucket < bounds.length || exemplar != null) {
      const endOfBucket = writer.length
      if (exemplar != null) writeExemplar(writer, 3, exemplar)
      writer.double(2, bounds[bucket] ?? Number.POSITIVE_INFINITY)
      writer.unsigned(1, cumulative)
      writer.message(3, endOfBucket)
    }
    cumulative -= counts[bucket] as number
  }
  writer.double(2, sum)
  writer.unsigned(1, count)
  writer.message(histogramType.field, end)
}

function writeNative(writer: MessageWriter, native: NativeValues): void {
  const { spans, deltas } = spansOf(native)
  const endOfDeltas = writer.length
  for (const delta of deltas.toReversed()) writer.zigZag(delta)
  if (deltas.length > 0) writer.message(13, endOfDeltas)
  for (const { offset, length } of spans.toReversed()) {
    const end = writer.length
    writer.unsigned(2, length)
    writer.signed(1, offset)
    writer.message(12, end)
  }
  writer.unsigned(7, native.zeroCount)
  writer.double(6, zeroThreshold)
  writer.signed(5, native.schema)
}

/** Empty buckets between two others up to which they are written instead of a new span. */
const smallGap = 2

/** The buckets as runs, and the difference of each count to the one before. */
function spansOf({ offset, counts }: NativeValues): {
  readonly spans: readonly { readonly offset: number; readonly length: number }[]
  readonly deltas: readonly number[]
} {
  const spans: { offset: number; length: number }[] = []
  const deltas: number[] = []
  let last: { offset: number; length: number } | undefined
  let before = 0
  let next = 0
  for (const [at, count] of counts.entries()) {
    if (count === 0) continue
    const index = offset + at
    const gap = index - next
    if (last === undefined || gap > smallGap) {
      last = { offset: gap, length: 0 }
      spans.push(last)
    } else {
      for (let empty = 0; empty < gap; empty++) {
        deltas.push(-before)
        before = 0
      }
      last.length += gap
    }
    last.length += 1
    deltas.push(count - before)
    before = count
    next = index + 1
  }
  // Without any span, readers could take it for a classic histogram.
  if (spans.length === 0) spans.push({ offset: 0, length: 0 })
  return { spans, deltas }
}

function writeExemplar(writer: MessageWriter, field: number, exemplar: Exemplar): void {
  const labels = exemplarLabels(exemplar)
  if (labels === undefined) return
  const end = writer.length
  if (exemplar.timestamp !== undefined) writeTimestamp(writer, 3, exemplar.timestamp * 1000)
  writer.double(2, exemplar.value)
  for (const [name, value] of labels) writeLabel(writer, 1, name, value)
  writer.message(field, end)
}

export function writeLabel(
  writer: MessageWriter,
  field: number,
  name: string,
  value: string,
): void {
  const end = writer.length
  writer.string(2, value)
  writer.string(1, name)
  writer.message(field, end)
}

function writeTimestamp(writer: MessageWriter, field: number, milliseconds: number): void {
  const end = writer.length
  const seconds = Math.floor(milliseconds / 1000)
  writer.unsigned(2, Math.round((milliseconds - seconds * 1000) * 1e6))
  writer.unsigned(1, seconds)
  writer.message(field, end)
}
