import { bucketBounds, expositionCatalogue } from '../../metrics/catalogue.ts'
import type { Counter } from '../../metrics/counter.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { getOrRegister } from '../../metrics/register.ts'
import type { MetricRegistry } from '../../metrics/registry.ts'

/** Statuses that exist at 0 from the start, so that `rate()` sees the first one. */
const expectedStatuses = ['200', '500', '503']

/** The metrics of the endpoint itself. */
export interface OwnMetrics {
  requests(code: number): Counter
  readonly inFlight: Gauge
  collectErrors(metric: string): Counter
  readonly duration: Histogram
}

/** @throws {Error} where a name is taken in the registry by another metric. */
export function registerOwnMetrics(registry: MetricRegistry, prefix: string): OwnMetrics {
  const options = { prefix, durationBuckets: bucketBounds.duration }
  const requests = getOrRegister(registry, expositionCatalogue.requests, options)
  const inFlight = getOrRegister(registry, expositionCatalogue.requestsInFlight, options)
  const collectErrors = getOrRegister(registry, expositionCatalogue.collectErrors, options)
  const duration = getOrRegister(registry, expositionCatalogue.duration, options)
  for (const code of expectedStatuses) requests.with([code])
  return {
    requests: (code) => requests.with([String(code)]),
    inFlight: inFlight.with([]),
    collectErrors: (metric) => collectErrors.with([metric]),
    duration: duration.with([]),
  }
}
