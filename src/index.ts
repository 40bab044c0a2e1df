export { exposeMetrics, type ExpositionOptions } from './exposition/expose-metrics.ts'
