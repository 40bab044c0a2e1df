import { type Family, isFamily, type Series } from '../../metrics/metric-family.ts'
import { isObject } from '../../support/validate.ts'
import type { FamilyData, ForeignMetric, SampleStream } from './metric-family.ts'
import {
  type RecordedHistogram,
  recordedHistogram,
  recordedSamples,
} from './prom-client-internals.ts'
import type { ExposableRegistry } from './registry.ts'
import { codedError } from '../../support/coded-error.ts'

export type Metric = Family<Series> | ForeignMetric

/**
 * The name a metric was declared with. A registry in OpenMetrics mode cuts `_total` off its
 * counters' names when it renders, for good, and goes on to know them by the whole name.
 */
export function declaredName(metric: Metric, registry: ExposableRegistry): string {
  if (isFamily(metric)) return metric.declaredName
  const { name, type } = metric
  const whole = `${name}_total`
  return type === 'counter' && registry.getSingleMetric(whole) === metric ? whole : name
}

/** What two metrics of one name have in common where they can be merged. */
export function shapeOf(metric: Metric): string {
  const { type, labelNames = [] } = metric
  const labels = labelNames.toSorted().join(', ') || '(none)'
  const bounds = isFamily(metric) ? metric.bounds : metric.upperBounds
  const buckets = bounds === undefined ? '' : ` and buckets ${bounds.join(' ')}`
  return `a ${String(type)} with labels ${labels}${buckets}`
}

/**
 * Whether reading the metric does nothing but copy what was recorded: a metric of the library itself
 * (not of a class derived from it, not patched) that has no collector.
 */
export function isPassive(metric: ForeignMetric): boolean {
  const own = Object.getPrototypeOf(metric) as object
  const base = Object.getPrototypeOf(own) as object | null
  return (
    base?.constructor.name === 'Metric' &&
    metric.collect === undefined &&
    !Object.hasOwn(metric, 'get') &&
    !Object.hasOwn(metric, 'getForPromString')
  )
}

/** Reads a passive metric, in slices where it lets itself. */
export async function readPassive(name: string, metric: ForeignMetric): Promise<SampleStream> {
  return readRecorded(name, metric) ?? readMetric(name, metric)
}

/** Reads a passive metric at once. Nothing where it has to be asked. */
export function readRecorded(name: string, metric: ForeignMetric): SampleStream | undefined {
  const values = recordedSamples(metric)
  if (values === undefined) return undefined
  const { help, type, aggregator } = metric
  return {
    name,
    help: textOf(help),
    type: textOf(type),
    aggregator: textOf(aggregator),
    values,
  }
}

/** The series of a passive metric that is a histogram, where they can be got at. */
export function readHistogram(
  name: string,
  metric: ForeignMetric,
): { name: string; help: string; histogram: RecordedHistogram } | undefined {
  const histogram = recordedHistogram(metric)
  return histogram && { name, help: textOf(metric.help), histogram }
}

/** Asks the metric, and with it its collector. */
export async function readMetric(name: string, metric: ForeignMetric): Promise<FamilyData> {
  const answer: unknown = await (typeof metric.getForPromString === 'function'
    ? metric.getForPromString()
    : metric.get())
  if (!isObject(answer) || !('values' in answer) || !Array.isArray(answer.values)) {
    throw codedError(
      'PRISMA_PROMETHEUS_INVALID_METRIC',
      `prisma-prometheus: metric "${name}": expected get() to give an object with an array of values, got ${String(answer)}`,
    )
  }
  const { help, type, aggregator, values } = answer as {
    readonly [K in keyof FamilyData]?: unknown
  }
  return {
    name,
    help: textOf(help ?? metric.help),
    type: textOf(type ?? metric.type),
    aggregator: textOf(aggregator ?? metric.aggregator),
    values: values as FamilyData['values'],
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
