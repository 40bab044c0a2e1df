import type { StoredSeries } from './scrapers.ts'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Values by series, as a scraper stores them: without empty labels, which are no labels to it. */
export function stored(samples: readonly Sample[]): Map<string, number> {
  return new Map(
    samples
      // A query does not return NaN from every server, and the model knows no quantiles.
      .filter(({ value, labels }) => !Number.isNaN(value) && labels['quantile'] === undefined)
      .map(({ name, labels, value }) => {
        const given = Object.entries(labels).filter(([, text]) => text !== '')
        const key = JSON.stringify([name, ...given.toSorted(([a], [b]) => (a < b ? -1 : 1))])
        // Adding 0 makes 0 of -0, which the text formats do not distinguish.
        return [key, value + 0]
      }),
  )
}

/**
 * The values of the series that a scraper returns.
 *
 * @param wanted if given, a value that is near enough to the wanted one is replaced by it.
 */
export function found(
  series: readonly StoredSeries[],
  wanted?: ReadonlyMap<string, number>,
): Map<string, number> {
  const samples = series
    .filter(({ metric }) => metric['__name__']?.startsWith('family_') === true)
    .map(({ metric, value }) => {
      const { __name__: name = '', job: _job, instance: _instance, ...labels } = metric
      return { name, labels, value: Number(value[1].replace('Inf', 'Infinity')) }
    })
  return new Map(
    [...stored(samples)].map(([key, value]) => {
      const want = wanted?.get(key)
      if (want === undefined) return [key, value]
      return [key, Math.abs(value - want) <= 1e-9 * Math.abs(want) + 1e-300 ? want : value]
    }),
  )
}
