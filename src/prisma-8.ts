export type * from './shared-types.ts'
export { exposeMetrics } from './exposition/endpoint/expose-metrics.ts'
export { metricsResponse } from './exposition/endpoint/metrics-response.ts'
export { liveResponse } from './exposition/endpoint/live/live-response.ts'
export type { PrismaMetricsMiddleware } from './prisma-8/middleware.ts'
export type { TypeMap } from './prisma-8/client-types.ts'
export {
  prismaMetrics,
  type PrismaMetrics,
  type Prisma8MetricsOptions,
} from './prisma-8-metrics.ts'
