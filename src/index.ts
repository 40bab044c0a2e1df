export type * from './shared-types.ts'
export { exposeMetrics } from './exposition/endpoint/expose-metrics.ts'
export { metricsResponse } from './exposition/endpoint/metrics-response.ts'
export {
  type FetchContext,
  type FetchMiddleware,
  metricsMiddleware,
  type MiddlewareOptions,
} from './exposition/endpoint/metrics-middleware.ts'
export { liveResponse } from './exposition/endpoint/live/live-response.ts'
export { setRoute } from './http/route/matched-route.ts'
export { writeMetrics, type WriteMetricsOptions } from './exposition/textfile/write-metrics.ts'
export type {
  LegacyHistogram,
  LegacyMetric,
  LegacyMetricsClient,
  LegacyMetricsJson,
  LegacyMetricsRequest,
} from './legacy/metrics-client.ts'
export type { LegacyMetricsOptions, PrismaMetricsOptions } from './options.ts'
export { type LegacyMembers, prismaMetrics, type PrismaMetrics } from './prisma-metrics.ts'
export type { CommentsOptions, CommentsPlugin } from './prisma/comments/comments.ts'
export type { PrismaMetricsExtension } from './prisma/operations/extension.ts'
export type { SqlDriverAdapterFactory } from './prisma/driver-adapter.ts'
