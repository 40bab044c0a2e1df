import * as promClient from 'prom-client'
import { bucketBounds } from '../../src/metrics/catalogue.ts'
import { CounterFamily } from '../../src/metrics/counter.ts'
import { HistogramFamily } from '../../src/metrics/histogram.ts'

/** The constructors that `prom-client` and `@prometheus-io/client` have in common. */
export type MetricsLibrary = Pick<
  typeof promClient,
  'Counter' | 'Gauge' | 'Histogram' | 'Registry' | 'Summary'
>

export const labelNames = ['client', 'model', 'operation'] as const

const familiesOfEach = 8
const bounds = bucketBounds.duration
/** Buckets, `+Inf`, sum and count. */
const linesOfHistogram = bounds.length + 3

interface SeriesCounts {
  readonly histogramSeries: number
  readonly counterSeries: number
}

/** Seven in eight lines belong to histograms, as in a registry of this package. */
function seriesCounts(lines: number): SeriesCounts {
  const linesOfFamily = lines / familiesOfEach
  return {
    histogramSeries: Math.round((linesOfFamily * 7) / 8 / linesOfHistogram),
    counterSeries: Math.round(linesOfFamily / 8),
  }
}

function labelValuesOf(series: number): [string, string, string] {
  return ['default', `Model${series % 60}`, `operation${Math.floor(series / 60)}`]
}

// Deterministic, with as many digits as real durations.
function secondsOf(series: number, observation: number): number {
  return (((series * 7919 + observation * 104_729) % 100_003) / 100_003) * 3
}

/** A registry with metrics of this package. */
export function ourRegistry(lines: number): promClient.Registry {
  const registry = new promClient.Registry()
  const { histogramSeries, counterSeries } = seriesCounts(lines)
  const declared = { help: 'Description.', labelNames, aggregator: 'sum' } as const
  for (let index = 0; index < familiesOfEach; index++) {
    const name = `bench_operation_${index}_duration_seconds`
    const histogram = new HistogramFamily({ ...declared, name, type: 'histogram' }, bounds)
    for (let at = 0; at < histogramSeries; at++) {
      const series = histogram.with(labelValuesOf(at))
      for (let observation = 0; observation < 20; observation++) {
        series.observe(secondsOf(at, observation))
      }
    }
    const counter = new CounterFamily({
      ...declared,
      name: `bench_operations_${index}_total`,
      type: 'counter',
    })
    for (let at = 0; at < counterSeries; at++) counter.with(labelValuesOf(at)).inc(at * 17)
    registry.registerMetric(histogram as never)
    registry.registerMetric(counter as never)
  }
  return registry
}

/** A registry with the same lines as metrics of a library. */
export function registryOf(library: MetricsLibrary, lines: number): promClient.Registry {
  const registry = new library.Registry()
  const { histogramSeries, counterSeries } = seriesCounts(lines)
  const declared = { help: 'Description.', labelNames, registers: [registry] }
  for (let index = 0; index < familiesOfEach; index++) {
    const name = `bench_operation_${index}_duration_seconds`
    const histogram = new library.Histogram({ ...declared, name, buckets: [...bounds] })
    for (let at = 0; at < histogramSeries; at++) {
      const labels = labelsOf(at)
      for (let observation = 0; observation < 20; observation++) {
        histogram.observe(labels, secondsOf(at, observation))
      }
    }
    const counter = new library.Counter({ ...declared, name: `bench_operations_${index}_total` })
    for (let at = 0; at < counterSeries; at++) counter.inc(labelsOf(at), at * 17)
  }
  return registry
}

/** The labels of a series in the registries of {@link registryOf}. */
export function labelsOf(series: number): Record<(typeof labelNames)[number], string> {
  const [client, model, operation] = labelValuesOf(series)
  return { client, model, operation }
}
