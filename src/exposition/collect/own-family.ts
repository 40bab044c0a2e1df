import type { Family, Series } from '../../metrics/metric-family.ts'
import type { MetricFamily } from './metric-family.ts'
import { signatureOf } from './metric.ts'

/** A family of this package with its current samples. */
export function snapshotOf(family: Family<Series>): MetricFamily {
  const { declaredName: name, help, type, aggregator } = family
  return { name, help, type, aggregator, signature: signatureOf(family), values: family.snapshot() }
}
