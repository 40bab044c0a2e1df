import { expect } from 'vitest'
import { samplesOf } from '../registry.ts'
import type { Point } from './points.ts'

/** What a point is as samples of Prometheus' text format, by a receiver's own reckoning. */
function asSamples({ name, kind, attributes, value, bounds, counts }: Point): [string, number][] {
  const labels = Object.entries(attributes).map(([key, text]) => `${key}="${text}"`)
  const series = (suffix: string, more: string[] = []): string => {
    const all = [...labels, ...more].toSorted().join(',')
    return all === '' ? name + suffix : `${name}${suffix}{${all}}`
  }
  if (kind !== 'histogram') return [[series(''), value ?? Number.NaN]]
  let cumulative = 0
  const buckets = counts.map((count, index): [string, number] => {
    cumulative += count
    return [series('_bucket', [`le="${bounds[index] ?? '+Inf'}"`]), cumulative]
  })
  return [...buckets, [series('_sum'), value ?? Number.NaN], [series('_count'), cumulative]]
}

/** Expects each sample of a scrape, and no other, from points with the names of `/metrics`. */
export function expectEqual(points: readonly Point[], body: string): void {
  expect(Object.fromEntries(points.flatMap(asSamples))).toEqual(samplesOf(body))
}
