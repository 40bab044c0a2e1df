export {
  exposeMetrics,
  type ExpositionListener,
  type ExpositionOptions,
} from './exposition/endpoint/expose-metrics.ts'
export {
  metricsResponse,
  type MetricsResponseOptions,
} from './exposition/endpoint/metrics-response.ts'
export {
  type FetchContext,
  type FetchMiddleware,
  metricsMiddleware,
  type MiddlewareOptions,
} from './exposition/endpoint/metrics-middleware.ts'
export { setRoute } from './http/route/matched-route.ts'
export { writeMetrics, type WriteMetricsOptions } from './exposition/textfile/write-metrics.ts'
export type { AuthorizeFunction, AuthorizeRules } from './exposition/endpoint/authorize.ts'
export type { DefaultMetricsOptions, ScrapeOptions } from './exposition/endpoint/options.ts'
export type { ExposableRegistry } from './exposition/collect/registry.ts'
export type {
  NPlusOneOptions,
  FailedOperation,
  FailedOperationOptions,
  NPlusOneSuspect,
  SlowOperation,
  SlowOperationOptions,
} from './events/event-options.ts'
export type { BusinessMetrics } from './events/events.ts'
export type {
  GaugeDefinition,
  GaugeReading,
  GaugeReadings,
  GaugeValue,
} from './events/gauges/gauge-definition.ts'
export type {
  EventModel,
  EventOf,
  EventOperation,
  OperationEvent,
  PrismaTypeMap,
} from './events/handlers/operation-event.ts'
export type {
  LegacyHistogram,
  LegacyMetric,
  LegacyMetricsClient,
  LegacyMetricsJson,
  LegacyMetricsRequest,
} from './legacy/metrics-client.ts'
export type { LegacyMetricsOptions, MigrationsOptions, PrismaMetricsOptions } from './options.ts'
export { type LegacyMembers, prismaMetrics, type PrismaMetrics } from './prisma-metrics.ts'
export type { PrismaMetricsExtension } from './prisma/operations/extension.ts'
export type { SqlDriverAdapterFactory } from './prisma/driver-adapter.ts'
export type { MetricRegistry } from './metrics/registry.ts'
