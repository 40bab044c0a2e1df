import { metricName, type MetricDeclaration, bucketBounds } from './catalogue.ts'
import { type Detail, keptAt } from './detail.ts'
import { CounterFamily } from './counter.ts'
import {
  describeMetric,
  type Family,
  type FamilyDeclaration,
  isFamily,
  type Series,
} from './metric-family.ts'
import { GaugeFamily } from './gauge.ts'
import { HistogramFamily, type HistogramForm } from './histogram.ts'
import type { MetricRegistry } from './registry.ts'
import { codedError } from '../support/coded-error.ts'

export interface FamilyOfType {
  readonly counter: CounterFamily
  readonly gauge: GaugeFamily
  readonly histogram: HistogramFamily
}

export interface RegisterOptions {
  /** Replaces the default prefix of the name; undefined for metrics of the application. */
  readonly prefix: string | undefined
  /** Replaces the bounds of the `duration` buckets, in seconds. @default those of `detail` */
  readonly durationBuckets?: readonly number[] | undefined
  /** @default 'normal' */
  readonly detail?: Detail
  /** @default 'classic' */
  readonly histograms?: HistogramForm | undefined
}

/**
 * Returns the family of a declaration in `registry`: that of an earlier call or of another copy of this
 * package, or a new one. A metric that `detail` leaves out is not registered.
 *
 * @throws {Error} if the name is taken by a metric of other code, or by a metric of this package with
 * other labels, type or buckets.
 */
export function getOrRegister<D extends MetricDeclaration>(
  registry: MetricRegistry,
  declaration: D,
  { prefix, durationBuckets, detail = 'normal', histograms = 'classic' }: RegisterOptions,
): FamilyOfType[D['type']] {
  const name = prefix === undefined ? declaration.name : metricName(declaration, prefix)
  const remedy = `choose another ${prefix === undefined ? 'name' : 'prefix'} or registry`
  const { buckets = 'rows' } = declaration
  const kept = keptAt(detail, declaration)
  const given = buckets === 'duration' ? durationBuckets : undefined
  const bounds = kept === undefined ? [] : (given ?? kept.bounds ?? bucketBounds[buckets])
  const catalogueName = prefix === undefined ? undefined : declaration.name
  const family = build(
    declaration,
    { name, catalogueName, absent: kept === undefined },
    bounds,
    histograms,
  )
  if (family.absent) return family as FamilyOfType[D['type']]
  const existing = registry.getSingleMetric(name)
  if (existing !== undefined && existing !== null) {
    if (!isFamily(existing)) {
      throw codedError(
        'PRISMA_PROMETHEUS_METRIC_NAME_TAKEN',
        `prisma-prometheus: metric "${name}": expected the name to be free or taken by prisma-prometheus, got a metric that something else has registered; ${remedy}`,
      )
    }
    const expected = describeFamily(existing)
    const got = describeFamily(family)
    if (got !== expected) {
      throw codedError(
        'PRISMA_PROMETHEUS_METRIC_NAME_TAKEN',
        `prisma-prometheus: metric "${name}" is registered already: expected ${expected}, got ${got}; ${remedy}`,
      )
    }
    return existing as FamilyOfType[D['type']]
  }
  registry.registerMetric(family)
  return family as FamilyOfType[D['type']]
}

/**
 * Registers families again that `registry.clear()` has removed, unless another metric has taken the
 * name.
 */
export function restoreFamilies(
  registry: MetricRegistry,
  families: readonly Family<Series>[],
): void {
  for (const family of families) {
    if (family.absent || registry.getSingleMetric(family.declaredName) != null) continue
    family.name = family.declaredName
    registry.registerMetric(family)
  }
}

function build(
  declaration: MetricDeclaration,
  named: Pick<FamilyDeclaration, 'name' | 'catalogueName' | 'absent'>,
  bounds: readonly number[],
  form: HistogramForm,
): Family<Series> {
  const { type, help, labels: labelNames, aggregator = 'sum' } = declaration
  const family = { ...named, type, help, labelNames, aggregator }
  if (type === 'counter') return new CounterFamily(family)
  if (type === 'gauge') return new GaugeFamily(family)
  return new HistogramFamily(family, bounds, form)
}

function describeFamily({ type, labelNames, bounds, isNative }: Family<Series>): string {
  return describeMetric(type, labelNames, bounds, isNative)
}
