/**
 * A quantile of a histogram, interpolated like `histogram_quantile` of PromQL; undefined without
 * observations.
 *
 * @param counts per bucket, not cumulative; the last one is `+Inf`
 */
export function quantile(
  q: number,
  bounds: readonly number[],
  counts: readonly number[],
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  const rank = q * total
  let below = 0
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index] ?? 0
    if (below + count >= rank && count > 0) {
      const start = index === 0 ? Math.min(0, bound) : (bounds[index - 1] ?? 0)
      return start + (bound - start) * ((rank - below) / count)
    }
    below += count
  }
  // Above the highest bound there is nothing to interpolate with.
  return bounds.at(-1)
}
