import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { Samples } from '../samples.ts'
import { requirePackage } from './packages.ts'

interface PgInstrumentation {
  setMeterProvider(provider: MeterProvider): void
}

/** A reader that reads when it is asked, as a scrape does. */
class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}

/**
 * Patches `pg`, which must not be loaded yet, and records the metrics of its instrumentation. Without a
 * TracerProvider, so that spans record nothing.
 */
export function instrumentPg(): () => Promise<Samples> {
  const { PgInstrumentation } = requirePackage('@opentelemetry/instrumentation-pg') as {
    PgInstrumentation: new () => PgInstrumentation
  }
  const reader = new Reader({
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
  })
  new PgInstrumentation().setMeterProvider(new MeterProvider({ readers: [reader] }))
  return () => samplesOfReader(reader)
}

async function samplesOfReader(reader: MetricReader): Promise<Samples> {
  const { resourceMetrics } = await reader.collect()
  const samples = new Map<string, number>()
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
  for (const { descriptor, dataPoints } of metrics) {
    for (const { attributes, value } of dataPoints) {
      const labels = Object.entries(attributes).map(([name, each]) => `${name}="${String(each)}"`)
      const key = (suffix: string): string => `${descriptor.name}${suffix}{${labels.join(',')}}`
      if (typeof value === 'number') samples.set(key(''), value)
      else {
        samples.set(key('_count'), value.count)
        samples.set(key('_sum'), value.sum ?? 0)
      }
    }
  }
  return samples
}
