import { codedError } from '../../support/coded-error.ts'
import { loadMetricsLibrary } from './metrics-library.cjs'
import type { MetricRegistry } from '../registry.ts'

/** The part of `prom-client` or `@prometheus-io/client` that is used if no registry is passed. */
export interface MetricsLibrary {
  readonly register: MetricRegistry & {
    getMetricsAsArray(): readonly object[]
    getMetricsAsJSON(): Promise<unknown>
  }
  collectDefaultMetrics(configuration: object): void
}

/**
 * The installed metrics library: `prom-client`, otherwise `@prometheus-io/client`. It is loaded at the
 * first call, so an application that passes its registry everywhere does not need it.
 *
 * @throws {Error} if neither is installed.
 */
export function defaultLibrary(): MetricsLibrary {
  const library = loadMetricsLibrary() as MetricsLibrary | undefined
  if (library === undefined) {
    throw codedError(
      'PRISMA_PROMETHEUS_METRICS_LIBRARY_MISSING',
      'prisma-prometheus: expected prom-client or @prometheus-io/client to be installed, found neither; run npm install prom-client',
    )
  }
  return library
}
