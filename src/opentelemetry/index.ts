export { openTelemetryBuckets } from './names/semantic-conventions.ts'
export { flush, type FlushOptions } from './flush.ts'
export { metricProducer, type MetricProducerOptions } from './metric-producer.ts'
