import { codedError } from '../../support/coded-error.ts'
import { declaredName, escapeMetricName, type Metric, signatureOf } from './metric.ts'
import type { ExposableRegistry } from './registry.ts'

export interface Registered {
  readonly metric: Metric
  readonly registry: ExposableRegistry
}

/** Metrics of one name and one signature, from one or several registries. */
export interface RegisteredFamily {
  readonly name: string
  readonly parts: readonly [Registered, ...Registered[]]
}

/** A metric that is left out: it cannot be added to those of the same name, or shares a series' name. */
export interface Conflict {
  readonly name: string
  readonly error: Error
}

export interface RegisteredFamilies {
  readonly families: readonly RegisteredFamily[]
  readonly conflicts: readonly Conflict[]
  /** Families of other names that would write series of the same name. */
  readonly clashes: readonly Conflict[]
}

/** Groups the metrics of the registries by name. In a conflict the earlier one wins. */
export function registeredFamilies(registries: readonly ExposableRegistry[]): RegisteredFamilies {
  const byName = new Map<string, [Registered, ...Registered[]]>()
  const conflicts: Conflict[] = []
  for (const registry of registries) {
    for (const metric of registry.getMetricsAsArray() as readonly Metric[]) {
      const name = declaredName(metric, registry)
      const parts = byName.get(name)
      if (parts === undefined) {
        byName.set(name, [{ metric, registry }])
      } else if (!parts.some((part) => part.metric === metric)) {
        const expected = signatureOf(parts[0].metric)
        const got = signatureOf(metric)
        if (got === expected) parts.push({ metric, registry })
        else conflicts.push({ name, error: conflictError(name, expected, got) })
      }
    }
  }
  const families: RegisteredFamily[] = []
  const clashes: Conflict[] = []
  const writtenBy = new Map<string, string>()
  for (const [name, parts] of byName) {
    const names = sampleNames(escapeMetricName(name), String(parts[0].metric.type))
    const taken = names.find((sample) => writtenBy.has(sample))
    if (taken === undefined) {
      families.push({ name, parts })
      for (const sample of names) writtenBy.set(sample, name)
    } else {
      const error = clashError(name, taken, writtenBy.get(taken))
      clashes.push({ name, error })
    }
  }
  return { families, conflicts, clashes }
}

/** The names of the series that a family writes. */
function sampleNames(name: string, type: string): readonly string[] {
  switch (type) {
    case 'histogram':
      return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    case 'summary':
      return [name, `${name}_sum`, `${name}_count`]
    default:
      return [name]
  }
}

/** @throws {Error} if two registries have metrics of one name that cannot be added. */
export function expectNoConflict(registries: readonly ExposableRegistry[]): void {
  const [conflict] = registeredFamilies(registries).conflicts
  if (conflict !== undefined) throw conflict.error
}

function clashError(name: string, series: string, other: string | undefined): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_CONFLICT',
    `prisma-prometheus: registry: metric "${name}": expected series of a name of their own, got "${series}", a series of metric "${other}"; the metric registered later is left out, rename one`,
  )
}

function conflictError(name: string, expected: string, got: string): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_CONFLICT',
    `prisma-prometheus: registry: two registries have a metric "${name}": expected both to be ${expected}, got ${got}; rename one or leave its registry out`,
  )
}
