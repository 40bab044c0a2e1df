import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
  flush,
  type FlushOptions,
  metricProducer,
  type MetricProducerOptions,
} from '../../src/opentelemetry/index.ts'
import { type Receiver, startReceiver } from './otlp/receiver.ts'

export type Encoding = 'json' | 'protobuf'

interface ExportingOptions extends MetricProducerOptions {
  readonly encoding?: Encoding
  readonly instance?: string
  /** Between exports, in milliseconds; by default only flushes export. */
  readonly interval?: number
  /** How long the exporter tries, in milliseconds. */
  readonly timeout?: number
}

/** A reader of OpenTelemetry's SDK that exports to a receiver. */
export interface Exporting extends AsyncDisposable {
  readonly receiver: Receiver
  readonly reader: PeriodicExportingMetricReader
  readonly provider: MeterProvider
  flush(options?: FlushOptions): Promise<void>
}

/** Exports to a receiver of its own, which ends with it. */
export async function exporting(options: ExportingOptions = {}): Promise<Exporting> {
  const receiver = await startReceiver()
  const exported = exportTo(receiver, options)
  return {
    receiver,
    ...exported,
    async [Symbol.asyncDispose]() {
      await exported.provider.shutdown({ timeoutMillis: 1000 }).catch(() => {})
      await receiver[Symbol.asyncDispose]()
    },
  }
}

export function exportTo(
  { url }: Pick<Receiver, 'url'>,
  options: ExportingOptions = {},
): Pick<Exporting, 'reader' | 'provider' | 'flush'> {
  const { encoding = 'json', instance = 'one', interval = 3_600_000, timeout = 2000 } = options
  const { registry, names, temporality } = options
  const Exporter = encoding === 'json' ? JsonExporter : ProtobufExporter
  const reader = new PeriodicExportingMetricReader({
    exporter: new Exporter({ url, timeoutMillis: timeout }),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(interval, timeout),
    metricProducers: [
      metricProducer({
        ...(registry && { registry }),
        ...(names && { names }),
        ...(temporality && { temporality }),
      }),
    ],
  })
  const resource = resourceFromAttributes({
    'service.name': 'test',
    'service.instance.id': instance,
  })
  const provider = new MeterProvider({ resource, readers: [reader] })
  return { reader, provider, flush: (flushOptions) => flush(reader, flushOptions) }
}
