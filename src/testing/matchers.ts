import { expectThat } from '../support/validate.ts'
import type { Change, Labels, MetricsSnapshot } from './snapshot.ts'

interface MatcherResult {
  readonly pass: boolean
  message(): string
}

/** The matchers that `expect.extend(metricMatchers)` adds, as types for vitest and jest. */
export interface MetricMatchers<R = unknown> {
  /**
   * Expects the metric to have grown since the snapshot, by exactly `by` if given. Series are summed over
   * the labels that are not named. With `not`: expects it not to have changed.
   */
  toHaveIncremented(name: string, labels?: Labels, by?: number): R
  /**
   * Expects the histogram to have observed a value since the snapshot, exactly `times` times if given.
   * With `not`: expects no observation.
   */
  toHaveObserved(histogram: string, labels?: Labels, times?: number): R
}

type Matcher = (
  this: { readonly isNot?: boolean },
  before: MetricsSnapshot,
  name: string,
  labels?: Labels,
  by?: number,
) => Promise<MatcherResult>

/** For `expect.extend` of vitest and jest. */
export const metricMatchers: { readonly [K in keyof MetricMatchers]: Matcher } = {
  toHaveIncremented(before, name, labels, by) {
    return grown('toHaveIncremented', before, name, labels, by, this.isNot)
  },
  toHaveObserved(before, histogram, labels, times) {
    return grown('toHaveObserved', before, `${histogram}_count`, labels, times, this.isNot)
  },
}

async function grown(
  matcher: keyof MetricMatchers,
  before: MetricsSnapshot,
  name: string,
  labels: Labels = {},
  by: number | undefined,
  negated: boolean = false,
): Promise<MatcherResult> {
  const isSnapshot = typeof (before as Partial<MetricsSnapshot> | undefined)?.delta === 'function'
  expectThat(`expect(before).${matcher}()`, isSnapshot, 'an awaited snapshot(registry)', before)
  const delta = await before.delta(name, labels)
  const changes = await before.changes()
  const holds = negated ? delta !== 0 : delta > 0
  return {
    pass: by === undefined ? holds : isAbout(by, delta),
    message: () => {
      const wanted = by === undefined ? '' : ` by ${by}`
      return `expected ${series(name, labels)} ${negated ? 'not ' : ''}to grow${wanted}, got ${delta}${listed(name, changes)}`
    },
  }
}

/** True for equal numbers, allowing for floating-point rounding: 10.1 + 0.3 - 10.1 is not 0.3. */
function isAbout(expected: number, got: number): boolean {
  return got === expected || Math.abs(got - expected) <= Math.abs(expected) * 1e-9
}

function series(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

/** Lists the changed series of the metric or, if it has not changed, the names of the changed metrics. */
function listed(name: string, changes: readonly Change[]): string {
  const own = changes.filter((change) => change.name === name)
  const lines =
    own.length > 0
      ? own.map(({ labels, before, after }) => `${series(name, labels)} ${before} → ${after}`)
      : [...new Set(changes.map((change) => change.name))]
  return lines.length === 0 ? '; nothing has changed' : `; changed:\n  ${lines.join('\n  ')}`
}
