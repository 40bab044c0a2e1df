/** The public types that `prisma-prometheus` and `prisma-prometheus/prisma-8` have in common. */

export type { ExpositionListener, ExpositionOptions } from './exposition/endpoint/expose-metrics.ts'
export type { MetricsResponseOptions } from './exposition/endpoint/metrics-response.ts'
export type { LiveOptions } from './exposition/endpoint/live/live-path.ts'
export type { LiveResponseOptions } from './exposition/endpoint/live/live-response.ts'
export type { AuthorizeFunction, AuthorizeRules } from './exposition/endpoint/access/authorize.ts'
export type { DefaultMetricsOptions } from './exposition/endpoint/default-metrics.ts'
export type { ScrapeOptions } from './exposition/endpoint/options.ts'
export type { ExposableRegistry } from './exposition/collect/registry.ts'
export type {
  FailedOperation,
  FailedOperationOptions,
  NPlusOneAllowance,
  NPlusOneOptions,
  NPlusOneSuspect,
  SlowOperation,
  SlowOperationOptions,
} from './events/event-options.ts'
export type { BusinessMetrics } from './events/events.ts'
export type { LongTransaction, LongTransactionOptions } from './events/long-transaction-options.ts'
export type { OpenTransaction } from './events/open-transaction.ts'
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
export type { MigrationsOptions } from './database/migrations-options.ts'
export type { Detail } from './metrics/detail.ts'
export type { MetricRegistry } from './metrics/registry.ts'
export type { HistogramForm } from './metrics/histogram.ts'
