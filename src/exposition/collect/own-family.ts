import type { Family, Series } from '../../metrics/metric-family.ts'
import type { MetricFamily } from './metric-family.ts'
import { signatureOf } from './metric.ts'

/** One of our own families with its samples as they are now. */
export function snapshotOf(family: Family<Series>): MetricFamily {
  const { declaredName: name, help, type, aggregator } = family
  return { name, help, type, aggregator, signature: signatureOf(family), values: family.snapshot() }
}
