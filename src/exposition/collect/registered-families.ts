import { codedError } from '../../support/coded-error.ts'
import { declaredName, type Metric, signatureOf } from './metric.ts'
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

/** A metric that cannot be added to those of the same name. */
export interface Conflict {
  readonly name: string
  readonly error: Error
}

export interface RegisteredFamilies {
  readonly families: readonly RegisteredFamily[]
  readonly conflicts: readonly Conflict[]
}

/** Groups the metrics of the registries by name. In a conflict the earlier registry wins. */
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
  return { families: Array.from(byName, ([name, parts]) => ({ name, parts })), conflicts }
}

/** @throws {Error} if two registries have metrics of one name that cannot be added. */
export function expectNoConflict(registries: readonly ExposableRegistry[]): void {
  const [conflict] = registeredFamilies(registries).conflicts
  if (conflict !== undefined) throw conflict.error
}

function conflictError(name: string, expected: string, got: string): Error {
  return codedError(
    'PRISMA_PROMETHEUS_METRIC_CONFLICT',
    `prisma-prometheus: registry: two registries have a metric "${name}": expected both to be ${expected}, got ${got}; rename one or leave its registry out`,
  )
}
