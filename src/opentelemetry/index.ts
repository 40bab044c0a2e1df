export { openTelemetryBuckets } from '../metrics/opentelemetry-names.ts'
export { flush, type FlushOptions } from './flush.ts'
export { metricProducer, type MetricProducerOptions } from './metric-producer.ts'
