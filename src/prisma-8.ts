export {
  exposeMetrics,
  type ExpositionListener,
  type ExpositionOptions,
} from './exposition/endpoint/expose-metrics.ts'
export {
  metricsResponse,
  type MetricsResponseOptions,
} from './exposition/endpoint/metrics-response.ts'
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
export type { MigrationsOptions } from './options.ts'
export type { MetricRegistry } from './metrics/registry.ts'
export type { PrismaMetricsMiddleware } from './prisma-8/middleware.ts'
export type { TypeMap } from './prisma-8/client-types.ts'
export {
  prismaMetrics,
  type PrismaMetrics,
  type Prisma8MetricsOptions,
} from './prisma-8-metrics.ts'
