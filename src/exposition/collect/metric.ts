import { describeMetric, type Family, isFamily, type Series } from '../../metrics/metric-family.ts'
import type { ExposableRegistry } from './registry.ts'

/** A metric of another library: the members that both prom-client packages have. */
export interface ForeignMetric {
  readonly name: string
  readonly help?: unknown
  readonly type?: unknown
  readonly aggregator?: unknown
  readonly labelNames?: readonly string[]
  readonly upperBounds?: readonly number[]
  readonly collect?: unknown
  get(): unknown
  /** Like `get`, but the samples of a histogram's series share their labels: it copies less. */
  getForPromString?(): unknown
}

export type Metric = Family<Series> | ForeignMetric

/**
 * The name a metric was declared with. A registry in OpenMetrics mode cuts `_total` off the name of a
 * counter when it first renders it, but still finds it by the whole name.
 */
export function declaredName(metric: Metric, registry: ExposableRegistry): string {
  if (isFamily(metric)) return metric.declaredName
  const { name, type } = metric
  const whole = `${name}_total`
  return type === 'counter' && registry.getSingleMetric(whole) === metric ? whole : name
}

/**
 * Replaces the characters that a metric name may not have, as the escaping scheme `underscores` does.
 *
 * https://prometheus.io/docs/instrumenting/escaping_schemes/
 */
export function escapeMetricName(name: string): string {
  return name.replaceAll(/^[^a-zA-Z_:]|[^a-zA-Z0-9_:]/gu, '_') || '_'
}

/** Type, labels and buckets in words: metrics of one name are added only if it is equal. */
export function signatureOf(metric: Metric): string {
  return isFamily(metric)
    ? signature(metric.type, metric.labelNames, metric.bounds, metric.isNative)
    : signature(String(metric.type), metric.labelNames, metric.upperBounds)
}

export function signature(
  type: string,
  labelNames: readonly string[] = [],
  bounds?: readonly unknown[],
  isNative = false,
): string {
  return describeMetric(type, labelNames.toSorted(), bounds, isNative)
}

/**
 * Whether reading the metric only copies what was recorded: a metric of the library itself (not of a
 * derived class, not patched) without a collector.
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
