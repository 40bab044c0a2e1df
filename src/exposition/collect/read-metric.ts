import { histogramSamples } from '../../metrics/histograms/histogram-samples.ts'
import { type Labels, type Sample, textLabels } from '../../metrics/samples.ts'
import { codedError } from '../../support/coded-error.ts'
import { isObject } from '../../support/validate.ts'
import { SampleConverter } from './foreign-sample.ts'
import type { SampleStream } from './metric-family.ts'
import { type ForeignMetric, signatureOf } from './metric.ts'
import { summaryEntries, valueEntries } from './prom-client-internals.ts'
import { type RecordedHistogram, recordedHistogram } from './recorded-histogram.ts'
import { hasMissingText, withoutRepeats } from './unique-samples.ts'

/** What a metric returned, before its samples are converted. */
export interface Answer extends Omit<SampleStream, 'values'> {
  readonly values: readonly unknown[]
}

/** Reads a metric through its public methods, which call its collector. */
export async function ask(name: string, metric: ForeignMetric): Promise<Answer> {
  const answer: unknown = await (typeof metric.getForPromString === 'function'
    ? metric.getForPromString()
    : metric.get())
  if (!isObject(answer) || !('values' in answer) || !Array.isArray(answer.values)) {
    throw codedError(
      'PRISMA_PROMETHEUS_INVALID_METRIC',
      `prisma-prometheus: metric "${name}": expected get() to return an object with an array of values, got ${String(answer)}`,
    )
  }
  const {
    help = metric.help,
    type = metric.type,
    aggregator = metric.aggregator,
  } = answer as Readonly<Record<string, unknown>>
  return { ...declarationOf(name, metric, { help, type, aggregator }), values: answer.values }
}

/** The samples of an answer, with labels as text and each series once. */
export function samplesOf(answer: Answer, registryLabels: Labels): SampleStream {
  const converter = new SampleConverter(answer)
  const values = mapped(answer.values, (raw) => converter.convert(raw))
  return withoutRepeats({ ...answer, values }, registryLabels)
}

/**
 * The samples of a metric without a collector, read as they are needed; undefined if the metric must
 * be read through its public methods.
 */
export function recordedSamples(
  name: string,
  metric: ForeignMetric,
  registryLabels: Labels,
): SampleStream | undefined {
  const stream = histogramStream(name, metric) ?? valueStream(name, metric)
  return stream !== undefined && isCompleted(metric, registryLabels)
    ? withoutRepeats(stream, registryLabels)
    : stream
}

/** {@link recordedSamples}, and the sum and count of a summary, which has no public synchronous read. */
export function recordedCounts(
  name: string,
  metric: ForeignMetric,
  registryLabels: Labels,
): SampleStream | undefined {
  const stream = recordedSamples(name, metric, registryLabels)
  if (stream !== undefined) return stream
  const entries = summaryEntries(metric)
  if (entries === undefined) return undefined
  const values = [...entries].flatMap(({ labels, sum, count }): Sample[] => [
    { labels: textLabels(labels), value: sum, metricName: `${name}_sum` },
    { labels: textLabels(labels), value: count, metricName: `${name}_count` },
  ])
  return withoutRepeats({ ...declarationOf(name, metric), values }, registryLabels)
}

/** A histogram without a collector, for an encoder that writes whole series. */
export function wholeHistogram(
  name: string,
  metric: ForeignMetric,
  registryLabels: Labels,
): (Omit<SampleStream, 'values'> & { readonly histogram: RecordedHistogram }) | undefined {
  const histogram = isCompleted(metric, registryLabels)
    ? undefined
    : recordedHistogram(name, metric)
  return histogram && { ...declarationOf(name, metric), histogram, problem: histogram.problem }
}

function histogramStream(name: string, metric: ForeignMetric): SampleStream | undefined {
  const histogram = recordedHistogram(name, metric)
  return (
    histogram && {
      ...declarationOf(name, metric),
      values: samplesOfHistogram(name, histogram),
      problem: histogram.problem,
    }
  )
}

function valueStream(name: string, metric: ForeignMetric): SampleStream | undefined {
  const entries = valueEntries(metric)
  if (entries === undefined) return undefined
  const declaration = declarationOf(name, metric)
  const converter = new SampleConverter(declaration)
  const values = mapped(entries, (entry) => converter.convert(entry))
  return withoutRepeats({ ...declaration, values }, {}, ({ labels }) => hasMissingText(labels))
}

/** Whether the registry's labels may complete one series to another. */
function isCompleted({ labelNames = [] }: ForeignMetric, registryLabels: Labels): boolean {
  return labelNames.some((name) => Object.hasOwn(registryLabels, name))
}

function declarationOf(
  name: string,
  metric: ForeignMetric,
  { help, type, aggregator }: Pick<ForeignMetric, 'help' | 'type' | 'aggregator'> = metric,
): Omit<SampleStream, 'values'> {
  const [helpText, typeText, aggregatorText] = [help, type, aggregator].map((value) =>
    typeof value === 'string' ? value : '',
  ) as [string, string, string]
  return {
    name,
    help: helpText,
    type: typeText,
    aggregator: aggregatorText,
    signature: signatureOf(metric),
  }
}

function* samplesOfHistogram(name: string, { series }: RecordedHistogram): Generator<Sample> {
  for (const one of series) {
    yield* histogramSamples(name, one.labels, one)
  }
}

function* mapped<T, R>(values: Iterable<T>, map: (value: T) => R): Generator<R> {
  for (const value of values) yield map(value)
}
