import { expositionCatalogue } from '../../metrics/catalogue.ts'
import type { Counter } from '../../metrics/counter.ts'
import type { Detail } from '../../metrics/detail.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram, HistogramForm } from '../../metrics/histogram.ts'
import { getOrRegister, restoreFamilies } from '../../metrics/register.ts'
import type { MetricRegistry } from '../../metrics/registry.ts'

/** Statuses whose series start at 0, so that `rate()` sees the first scrape. */
const expectedStatuses = ['200', '500', '503']

/** The endpoint's own metrics. */
export interface HandlerMetrics {
  requests(code: number): Counter
  readonly inFlight: Gauge
  collectErrors(metric: string): Counter
  readonly duration: Histogram
  /** Registers the metrics again if `registry.clear()` has removed them. */
  restore(): void
}

/** @throws {Error} if another metric in the registry has one of the names. */
export function registerHandlerMetrics(
  registry: MetricRegistry,
  options: {
    readonly prefix: string
    readonly detail: Detail
    readonly histograms?: HistogramForm
  },
): HandlerMetrics {
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
    restore: () => restoreFamilies(registry, [requests, inFlight, collectErrors, duration]),
  }
}
