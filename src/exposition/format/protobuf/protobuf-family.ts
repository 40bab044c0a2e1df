import type { Counter } from '../../../metrics/counter.ts'
import type { Gauge } from '../../../metrics/gauge.ts'
import type { Histogram } from '../../../metrics/histogram.ts'
import type { Family, Series } from '../../../metrics/metric-family.ts'
import { escapeLabelName, type Labels, type Sample } from '../../../metrics/samples.ts'
import { codedError } from '../../../support/coded-error.ts'
import type { SampleStream } from '../../collect/metric-family.ts'
import { escapeMetricName } from '../../collect/metric.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { seriesOfPiece } from '../own-family-writer.ts'
import { headingOf, type ReadableFamily } from '../readable-family.ts'
import { unitOf } from '../unit.ts'
import { MessageWriter } from './message-writer.ts'
import {
  metricType,
  type ProtobufType,
  type ValueType,
  writeHistogram,
  writeLabel,
  writeNumber,
  writeSummary,
} from './metric-messages.ts'
import { groupedSeries, isHistogramSeries } from './grouped-samples.ts'

const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary'])

/**
 * Writes a family as a `MetricFamily` with its length in front, piece by piece.
 *
 * @param omitted called with the error of a series that the format cannot express
 */
export function* writeProtobuf(
  readable: ReadableFamily,
  out: ByteWriter,
  omitted: (error: Error) => void,
): Generator<undefined> {
  const heading = headingOf(readable)
  const type = types.has(heading.type) ? (heading.type as ProtobufType) : 'untyped'
  const family = new FamilyMessage(out, heading.name, type, heading.help)
  let written = 0
  for (const _ of metricsOf(readable, type, family, omitted)) {
    written += 1
    if (written % seriesOfPiece === 0) yield undefined
  }
  family.end()
}

function metricsOf(
  readable: ReadableFamily,
  type: ProtobufType,
  message: FamilyMessage,
  omitted: (error: Error) => void,
): Generator<undefined> {
  const { kind, registryLabels } = readable
  if (kind === 'family') return ownMetrics(readable.family, registryLabels, type, message)
  if (kind === 'recorded') {
    const { series } = readable.family.histogram
    return recordedMetrics(series, registryLabels, message)
  }
  return type === 'histogram' || type === 'summary'
    ? groupedMetrics(readable.data, type, registryLabels, message, omitted)
    : numberMetrics(readable.data, type, registryLabels, message, omitted)
}

function* ownMetrics(
  family: Family<Series>,
  registryLabels: Labels,
  type: ProtobufType,
  message: FamilyMessage,
): Generator<undefined> {
  const { labelNames } = family
  const shared = Object.entries(registryLabels).filter(
    ([name]) => !labelNames.includes(name) && !(name === 'le' && type === 'histogram'),
  )
  const write = (series: Series): void => {
    const end = message.begin()
    if (type === 'histogram') {
      writeHistogram(message.writer, series as Histogram)
    } else {
      writeNumber(message.writer, type as ValueType, series as Counter | Gauge)
    }
    for (const [index, name] of labelNames.entries()) {
      message.label(name, series.labelValues[index] as string)
    }
    for (const [name, value] of shared) message.label(name, String(value))
    message.add(end)
  }
  for (const series of family.series()) {
    write(series)
    yield undefined
  }
}

function* recordedMetrics(
  series: Iterable<Parameters<typeof writeHistogram>[1] & { readonly labels: Labels }>,
  registryLabels: Labels,
  message: FamilyMessage,
): Generator<undefined> {
  for (const values of series) {
    const end = message.begin()
    writeHistogram(message.writer, values)
    message.labels(values.labels, registryLabels, 'le')
    message.add(end)
    yield undefined
  }
}

function* numberMetrics(
  data: SampleStream,
  type: ValueType,
  registryLabels: Labels,
  message: FamilyMessage,
  omitted: (error: Error) => void,
): Generator<undefined> {
  for (const sample of data.values) {
    if (sample.metricName !== undefined && sample.metricName !== data.name) {
      omitted(foreignName(data.name, type, sample.metricName))
      continue
    }
    const end = message.begin()
    writeNumber(message.writer, type, sample)
    message.labels(labelsOf(sample), registryLabels)
    message.add(end)
    yield undefined
  }
}

function foreignName(name: string, type: string, got: string): Error {
  return codedError(
    'PRISMA_PROMETHEUS_INVALID_METRIC',
    `prisma-prometheus: metric "${name}": expected the samples of a ${type} to have its name, got "${got}", which is left out of protobuf`,
  )
}

function labelsOf({ labels, sharedLabels }: Sample): Labels {
  return sharedLabels === undefined ? labels : { ...labels, ...sharedLabels }
}

function* groupedMetrics(
  data: SampleStream,
  type: 'histogram' | 'summary',
  registryLabels: Labels,
  message: FamilyMessage,
  omitted: (error: Error) => void,
): Generator<undefined> {
  for (const series of groupedSeries(data, type, omitted)) {
    if (series !== undefined) {
      const end = message.begin()
      if (isHistogramSeries(series)) writeHistogram(message.writer, series)
      else writeSummary(message.writer, series)
      message.labels(series.labels, registryLabels, type === 'histogram' ? 'le' : 'quantile')
      message.add(end)
    }
    yield undefined
  }
}

/** One `MetricFamily`, written metric by metric. */
class FamilyMessage {
  readonly writer: MessageWriter = new MessageWriter()
  readonly #out: ByteWriter
  readonly #setLength: (length: number) => void
  readonly #names = new Map<string, string>()
  #length = 0

  constructor(out: ByteWriter, name: string, type: ProtobufType, help: string) {
    const { writer } = this
    this.#out = out
    this.#setLength = out.lengthLater()
    const escaped = escapeMetricName(name)
    const unit = unitOf(type === 'counter' ? escaped.replace(/_total$/, '') : escaped)
    if (unit !== undefined) writer.string(5, unit)
    writer.unsigned(3, metricType(type))
    writer.string(2, help)
    writer.string(1, escaped)
    this.#flush()
  }

  /** Begins a metric and returns its end, for {@link add}. */
  begin(): number {
    return this.writer.length
  }

  label(name: string, value: string): void {
    let escaped = this.#names.get(name)
    if (escaped === undefined) {
      escaped = escapeLabelName(name)
      this.#names.set(name, escaped)
    }
    writeLabel(this.writer, 1, escaped, value)
  }

  /** Writes the labels, and those of the registry that are missing and are not `reserved`. */
  labels(labels: Labels, registryLabels: Labels, reserved?: string): void {
    for (const name in labels) this.label(name, String(labels[name]))
    for (const name in registryLabels) {
      if (name !== reserved && !Object.hasOwn(labels, name)) {
        this.label(name, String(registryLabels[name]))
      }
    }
  }

  add(end: number): void {
    this.writer.message(4, end)
    this.#flush()
  }

  end(): void {
    this.#setLength(this.#length)
  }

  #flush(): void {
    const bytes = this.writer.take()
    this.#out.reserve(bytes.length)
    this.#out.bytes(bytes)
    this.#length += bytes.length
  }
}
