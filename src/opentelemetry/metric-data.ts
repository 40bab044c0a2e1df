import type { Attributes } from '@opentelemetry/api'
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics'
import { coarser, type NativeValues } from '../metrics/histograms/native-buckets.ts'
import type { Exemplar } from '../metrics/samples.ts'
import { codedError } from '../support/coded-error.ts'
import type { ExportedName } from './names/exported-names.ts'
import type { HistogramSeries, NumberSeries } from './series.ts'
import type { Snapshot } from './snapshot.ts'
import type { History, Point, Temporality } from './temporality.ts'
import { type HrTime, hrTime, processStart } from './time.ts'

/** `DataPointType`, `AggregationTemporality` and `ValueType` of the SDK, which is not imported at run time. */
const dataPointType = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3 } as const
const aggregationTemporality = { delta: 0, cumulative: 1 } as const
const valueTypeDouble = 1

/** No start: the value of a gauge belongs to one moment. */
const unset: HrTime = [0, 0]

/** An exemplar with the fields of OpenTelemetry's SDK. */
export interface ExportedExemplar {
  /** Labels of the exemplar besides the ids. */
  readonly filteredAttributes: Attributes
  readonly value: number
  readonly timestamp: HrTime
  readonly traceId?: string
  readonly spanId?: string
}

/**
 * A family as the SDK hands it to exporters; undefined if it has no points.
 *
 * @param failed called for a series that has no number to export
 */
export function metricDataOf(
  snapshot: Exclude<Snapshot, { type: 'summary' }>,
  exported: ExportedName,
  history: History,
  temporality: Temporality,
  failed: (error: Error) => void,
): MetricData | undefined {
  const { name, unit, attributes } = exported
  const descriptor = { name, description: snapshot.help, unit, valueType: valueTypeDouble }
  const head = { descriptor, aggregationTemporality: aggregationTemporality[temporality] }
  let data: MetricData
  if (snapshot.type === 'gauge') {
    data = gaugeData(snapshot, exported, history, descriptor)
  } else if (snapshot.type === 'counter') {
    const dataPoints = counterPoints(snapshot, attributes, history, failed)
    data = { ...head, dataPointType: dataPointType.sum, isMonotonic: true, dataPoints }
  } else {
    data = { ...head, ...histogramData(snapshot, exported, history) }
  }
  return data.dataPoints.length === 0 ? undefined : data
}

type ToAttributes = ExportedName['attributes']

// A gauge without a number is usual (NaN: nothing was measured), so it is not an error.
function gaugeData(
  { series }: { readonly series: readonly NumberSeries[] },
  { upDownCounter, attributes }: ExportedName,
  history: History,
  descriptor: MetricData['descriptor'],
): MetricData {
  const endTime = hrTime(history.now(series))
  const startTime = upDownCounter ? hrTime(processStart) : unset
  const dataPoints = series
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => ({ startTime, endTime, attributes: attributes(labels), value }))
  const head = { descriptor, aggregationTemporality: aggregationTemporality.cumulative, dataPoints }
  return upDownCounter
    ? { ...head, dataPointType: dataPointType.sum, isMonotonic: false }
    : { ...head, dataPointType: dataPointType.gauge }
}

function counterPoints(
  snapshot: { readonly name: string; readonly series: readonly NumberSeries[] },
  attributes: ToAttributes,
  history: History,
  failed: (error: Error) => void,
): DataPoint<number>[] {
  const finite = snapshot.series.filter(({ value, labels }) => {
    if (!Number.isFinite(value)) failed(notFinite(snapshot.name, labels, value))
    return Number.isFinite(value)
  })
  return Array.from(history.points(snapshot, finite).values(), ({ labels, start, end, total }) => ({
    startTime: hrTime(start),
    endTime: hrTime(end),
    attributes: attributes(labels),
    value: total,
  }))
}

function histogramData(
  snapshot: { readonly name: string; readonly series: readonly HistogramSeries[] },
  { attributes, byOutcome }: ExportedName,
  history: History,
) {
  const exported = byOutcome
    ? snapshot.series.flatMap((series) => series.outcomes ?? [series])
    : snapshot.series
  const points = history.points(snapshot, exported)
  const pointsOf = <P>(pointOf: PointOf<P>): P[] =>
    exported.flatMap((series) => {
      const point = points.get(series)
      return point === undefined ? [] : [pointOf(series, point, attributes)]
    })
  return exported.some(({ native }) => native !== undefined)
    ? {
        dataPointType: dataPointType.exponentialHistogram,
        dataPoints: pointsOf(exponentialPoint),
      }
    : { dataPointType: dataPointType.histogram, dataPoints: pointsOf(histogramPoint) }
}

function notFinite(name: string, labels: object, value: number): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_NOT_EXPORTED',
    `prisma-prometheus: metric "${name}": expected a finite value, got ${value}; the series ${JSON.stringify(labels)} is left out`,
  )
}

interface WithExemplars {
  readonly exemplars?: readonly ExportedExemplar[]
}

type HistogramPoint = Extract<MetricData, { dataPointType: 0 }>['dataPoints'][number] &
  WithExemplars

type ExponentialPoint = Extract<MetricData, { dataPointType: 1 }>['dataPoints'][number] &
  WithExemplars

type PointOf<P> = (series: HistogramSeries, point: Point, attributes: ToAttributes) => P

function histogramPoint(
  series: HistogramSeries,
  point: Point,
  attributes: ToAttributes,
): HistogramPoint {
  const buckets = { boundaries: [...series.bounds], counts: [...point.counts] }
  const { head, count, sum, exemplars } = partsOf(series, point, attributes)
  return { ...head, value: { buckets, count, ...sum }, ...exemplars }
}

/** The most buckets of a point, empty ones included: the default of OpenTelemetry's SDKs. */
const maxBuckets = 160

function exponentialPoint(
  series: HistogramSeries,
  point: Point,
  attributes: ToAttributes,
): ExponentialPoint {
  let native = point.native ?? noBuckets
  while (native.counts.length > maxBuckets) native = coarser(native, native.schema - 1)
  const { schema: scale, zeroCount, offset, counts } = native
  // OpenTelemetry numbers a bucket by its lower bound, Prometheus by its upper bound.
  const positive = { offset: offset - 1, bucketCounts: [...counts] }
  const negative = { offset: 0, bucketCounts: [] }
  const { head, count, sum, exemplars } = partsOf(series, point, attributes)
  return { ...head, value: { count, scale, zeroCount, positive, negative, ...sum }, ...exemplars }
}

const noBuckets: NativeValues = { schema: 0, zeroCount: 0, offset: 0, counts: [] }

function partsOf(
  { exemplars = [] }: HistogramSeries,
  { labels, start, end, total, counts }: Point,
  attributes: ToAttributes,
) {
  const kept = exemplars.flatMap((exemplar) => {
    const { value, timestamp = 0 } = exemplar ?? {}
    const isKept = exemplar != null && timestamp * 1000 >= start && Number.isFinite(value)
    return isKept ? [exportedExemplar(exemplar, timestamp)] : []
  })
  return {
    head: { startTime: hrTime(start), endTime: hrTime(end), attributes: attributes(labels) },
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: Number.isFinite(total) ? { sum: total } : undefined,
    exemplars: kept.length > 0 ? { exemplars: kept } : undefined,
  }
}

const traceLabels = ['trace_id', 'traceId']
const spanLabels = ['span_id', 'spanId']

function exportedExemplar({ labelSet, value }: Exemplar, timestamp: number): ExportedExemplar {
  const filteredAttributes = { ...labelSet }
  const take = (names: readonly string[], id: RegExp): string | undefined => {
    const name = names.find((candidate) => id.test(labelSet[candidate] ?? ''))
    if (name === undefined) return undefined
    delete filteredAttributes[name]
    return labelSet[name]
  }
  const traceId = take(traceLabels, /^[0-9a-f]{32}$/)
  const spanId = take(spanLabels, /^[0-9a-f]{16}$/)
  return {
    filteredAttributes,
    value,
    timestamp: hrTime(timestamp * 1000),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  }
}
