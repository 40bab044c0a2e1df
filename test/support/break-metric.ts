import type { Registry } from 'prom-client'
import { isFamily } from '../../src/metrics/metric-family.ts'

/** Makes a metric of this package throw: its series, and the creation of further ones. */
export function breakMetric(registry: Pick<Registry, 'getSingleMetric'>, name: string): void {
  const family: unknown = registry.getSingleMetric(name)
  if (!isFamily(family)) throw new Error(`expected a metric of this package named ${name}`)
  const broken = (): never => {
    throw new Error(`${name} is broken`)
  }
  const methods = { inc: broken, observe: broken, observeOutcome: broken }
  for (const series of family.series()) Object.assign(series, methods)
  Object.assign(family, { with: broken })
}
