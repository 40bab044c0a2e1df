import { defaultPrefix, openTelemetryCatalogue } from '../metrics/catalogue.ts'
import type { Counter } from '../metrics/counter.ts'
import { getOrRegister } from '../metrics/register.ts'
import type { MetricRegistry } from '../metrics/registry.ts'

/** Failures of exports: a receiver that is down cannot be reported through itself, but /metrics shows it. */
export interface ExportErrors {
  readonly collect: Counter
  readonly flush: Counter
}

/** @throws {Error} if the name is taken in the registry by another metric. */
export function exportErrors(registry: MetricRegistry): ExportErrors {
  const { exportErrors: declaration } = openTelemetryCatalogue
  const family = getOrRegister(registry, declaration, { prefix: defaultPrefix })
  return { collect: family.with(['collect']), flush: family.with(['flush']) }
}
