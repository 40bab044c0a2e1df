import type { CollectionResult, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics'
import { defaultLibrary } from '../metrics/library/default-library.ts'
import { codedError } from '../support/coded-error.ts'
import { expectThat, readOptions } from '../support/validate.ts'
import { version } from '../support/version.ts'
import { sourcesOf } from '../exposition/collect/family-sources.ts'
import { InFlightCollection } from '../exposition/collect/in-flight-collection.ts'
import { expectNoConflict } from '../exposition/collect/registered-families.ts'
import { type ExposableRegistry, resolveRegistries } from '../exposition/collect/registry.ts'
import { gather } from '../exposition/endpoint/gather.ts'
import { DatabaseAttributes } from './names/database-attributes.ts'
import { exportErrors } from './export-errors.ts'
import { joinFlush } from './flush-participants.ts'
import { metricDataOf } from './metric-data.ts'
import { type ExportedName, openTelemetryName, prometheusName } from './names/exported-names.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { History, type Temporality } from './temporality.ts'

export interface MetricProducerOptions {
  /**
   * The exported registry, or several.
   * @default `prom-client`'s `register`
   */
  readonly registry?: ExposableRegistry | readonly ExposableRegistry[]
  /**
   * `'opentelemetry'`: names and attributes by the semantic conventions. `'prometheus'`: the names of
   * `/metrics`.
   * @default 'opentelemetry'
   */
  readonly names?: 'opentelemetry' | 'prometheus'
  /**
   * `'cumulative'`: points contain the values since the start of the series. `'delta'`: the values since
   * the reader's last collection. A reader applies its own temporality only to the SDK's instruments.
   * @default 'cumulative'
   */
  readonly temporality?: Temporality
}

const optionNames: Readonly<Record<keyof MetricProducerOptions, true>> = {
  registry: true,
  names: true,
  temporality: true,
}

/** The timeout of a metric's collector in seconds, unless the reader has less time. */
const collectSeconds = 10

/**
 * Exports the metrics of a registry through a `MetricReader` of OpenTelemetry's SDK. Use one producer
 * per reader. `collect` never rejects: what could not be read is in `errors`.
 *
 * @example
 * ```ts
 * new PeriodicExportingMetricReader({
 *   exporter: new OTLPMetricExporter(),
 *   metricProducers: [metricProducer()],
 * })
 * ```
 *
 * @throws {TypeError} for an option that is unknown or of the wrong kind.
 * @throws {Error} if registries have metrics of one name that cannot be merged.
 */
export function metricProducer(options: MetricProducerOptions = {}): MetricProducer {
  const { registries, names, temporality } = resolve(options)
  expectNoConflict(registries)
  const failures = exportErrors(registries[0])
  const history = new History(temporality)
  const databases = new DatabaseAttributes()
  const reported = new Set<string>()

  async function metrics(seconds: number, fail: (error: unknown) => void): Promise<MetricData[]> {
    history.begin()
    const sources = await sourcesOf(registries)
    const collecting = sources.map((source) => ({
      source,
      collections: source.metrics.map((metric) => InFlightCollection.of(source.name, metric)),
    }))
    const { families, failures: missing } = await gather(collecting, seconds)
    for (const { error } of missing) fail(error)
    const snapshots: Snapshot[] = []
    for (const { name, collected } of families) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one family after the other
        snapshots.push(await readSnapshot(name, collected, fail))
      } catch (error) {
        fail(error)
      }
    }
    databases.update(snapshots)
    const taken = new Set<string>()
    return snapshots.flatMap((snapshot) => {
      if (snapshot.type === 'summary') {
        if (!reported.has(snapshot.name)) fail(unsupported(snapshot.name))
        reported.add(snapshot.name)
        return []
      }
      const exported = freeName(snapshot, taken)
      const data = metricDataOf(snapshot, exported, history, temporality, fail)
      return data === undefined ? [] : [data]
    })
  }

  /** Another family may have the same name without its unit: the later one keeps its whole name. */
  function freeName(snapshot: Snapshot, taken: Set<string>): ExportedName {
    const exported =
      names === 'prometheus' ? prometheusName(snapshot) : openTelemetryName(snapshot, databases)
    if (!taken.has(exported.name)) {
      taken.add(exported.name)
      return exported
    }
    return prometheusName(snapshot)
  }

  return {
    async collect({ timeoutMillis = Number.POSITIVE_INFINITY } = {}) {
      const errors: unknown[] = []
      const fail = (error: unknown): void => {
        failures.collect.inc()
        errors.push(error)
      }
      joinFlush(failures)
      // The export that follows needs its part of the reader's time.
      const seconds = Math.min(collectSeconds, timeoutMillis / 2000)
      let collected: MetricData[] = []
      try {
        collected = await metrics(seconds, fail)
      } catch (error) {
        fail(error)
      }
      return resultOf(collected, errors)
    },
  }
}

function resultOf(metrics: MetricData[], errors: unknown[]): CollectionResult {
  const scope = { name: 'prisma-prometheus', version }
  const scopeMetrics = metrics.length === 0 ? [] : [{ scope, metrics }]
  return { resourceMetrics: { resource: emptyResource, scopeMetrics }, errors }
}

/** A reader describes the process with its own resource, and ignores that of a producer. */
const emptyResource: CollectionResult['resourceMetrics']['resource'] = {
  attributes: {},
  merge: (other) => other ?? emptyResource,
  getRawAttributes: () => [],
}

function unsupported(name: string): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_NOT_EXPORTED',
    `prisma-prometheus: metric "${name}": expected a counter, gauge or histogram, got a summary, which OpenTelemetry's SDK has no type for; it is not exported`,
  )
}

function resolve(options: MetricProducerOptions): {
  readonly registries: readonly [ExposableRegistry, ...ExposableRegistry[]]
  readonly names: 'opentelemetry' | 'prometheus'
  readonly temporality: Temporality
} {
  const {
    registry = defaultLibrary().register,
    names = 'opentelemetry',
    temporality = 'cumulative',
  } = readOptions('options', options, optionNames)
  expectThat(
    'names',
    names === 'opentelemetry' || names === 'prometheus',
    "'opentelemetry' or 'prometheus'",
    names,
  )
  expectThat(
    'temporality',
    temporality === 'cumulative' || temporality === 'delta',
    "'cumulative' or 'delta'",
    temporality,
  )
  return { registries: resolveRegistries(registry), names, temporality }
}
