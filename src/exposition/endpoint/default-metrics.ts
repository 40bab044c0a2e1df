import { defaultLibrary } from '../../metrics/library/default-library.ts'
import {
  expectBuckets,
  expectPrefix,
  expectThat,
  readOptions,
  readStrings,
} from '../../support/validate.ts'
import type { ExposableRegistry } from '../collect/registry.ts'

/** prom-client's configuration of its default metrics. */
export interface DefaultMetricsOptions {
  readonly prefix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly gcDurationBuckets?: readonly number[]
  /** In milliseconds. */
  readonly eventLoopMonitoringPrecision?: number
}

const defaultMetricsOptionNames: Readonly<Record<keyof DefaultMetricsOptions, true>> = {
  prefix: true,
  labels: true,
  gcDurationBuckets: true,
  eventLoopMonitoringPrecision: true,
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveDefaultMetrics(
  given: boolean | DefaultMetricsOptions,
): DefaultMetricsOptions | undefined {
  if (typeof given === 'boolean') return given ? {} : undefined
  const expected = "true, false or prom-client's configuration"
  const options = readOptions('collectDefaultMetrics', given, defaultMetricsOptionNames, expected)
  const { prefix, labels, gcDurationBuckets, eventLoopMonitoringPrecision } = options
  if (prefix !== undefined) expectPrefix(prefix, 'collectDefaultMetrics.prefix')
  if (gcDurationBuckets !== undefined) {
    expectBuckets('collectDefaultMetrics.gcDurationBuckets', gcDurationBuckets)
  }
  expectThat(
    'collectDefaultMetrics.eventLoopMonitoringPrecision',
    eventLoopMonitoringPrecision === undefined ||
      (Number.isInteger(eventLoopMonitoringPrecision) && eventLoopMonitoringPrecision >= 1),
    'a whole number of milliseconds of at least 1',
    eventLoopMonitoringPrecision,
  )
  if (labels === undefined) return options
  return {
    ...options,
    labels: readStrings('collectDefaultMetrics.labels', labels, 'an object of label name to value'),
  }
}

/** Adds the default metrics, unless the registry has them. */
export function addDefaultMetrics(
  registry: ExposableRegistry,
  options: DefaultMetricsOptions,
): void {
  const first = `${options.prefix ?? ''}process_cpu_user_seconds_total`
  if (registry.getSingleMetric(first) != null) return
  defaultLibrary().collectDefaultMetrics({ ...options, register: registry })
}
