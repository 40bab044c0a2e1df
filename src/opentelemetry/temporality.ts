import { growthOf, type NativeValues } from '../metrics/histograms/native-buckets.ts'
import type { HistogramSeries, NumberSeries, SeriesSnapshot } from './series.ts'
import type { Snapshot } from './snapshot.ts'
import { Clock, processStart } from './time.ts'

export type Temporality = 'cumulative' | 'delta'

/** The values that a series recorded between two times, in milliseconds since 1970. */
export interface Point {
  readonly labels: Readonly<Record<string, string>>
  readonly start: number
  readonly end: number
  /** A counter's value, or a histogram's sum; NaN if the sum is unknown. */
  readonly total: number
  /** A histogram's buckets. */
  readonly counts: readonly number[]
  /** A native histogram's buckets. */
  readonly native?: NativeValues | undefined
}

/** The values of a series at an earlier collection. */
interface Seen {
  readonly created: number | undefined
  readonly start: number
  readonly counts: readonly number[]
  readonly native: NativeValues | undefined
  /** The sum of all deltas so far, added like the receiver adds them. */
  readonly exported: number
}

interface FamilyHistory {
  readonly end: number
  readonly series: Map<unknown, Seen>
}

/**
 * Adds the start time to the points of each series, and converts totals to deltas. The points of a
 * reader follow each other without a gap, so each reader has its own history.
 */
export class History {
  readonly #temporality: Temporality
  readonly #clock = new Clock()
  readonly #families = new Map<string, FamilyHistory>()
  /** When the previous collection began: series that it did not contain are younger. */
  #previous = processStart
  #began = processStart

  constructor(temporality: Temporality) {
    this.#temporality = temporality
  }

  /** Must be called before the series of a collection are read. */
  begin(): void {
    const previous = this.#began
    this.#began = this.#clock.now()
    this.#previous = previous || this.#began
  }

  /** The time of a reading whose series are all younger than their points' end. */
  now(series: readonly SeriesSnapshot[] = []): number {
    return this.#clock.now(series.reduce((last, { created = 0 }) => Math.max(last, created), 0))
  }

  /** The points of counters and histograms, in delta those of series that have changed. */
  points(
    { name }: Pick<Snapshot, 'name'>,
    series: readonly (NumberSeries | HistogramSeries)[],
  ): Map<SeriesSnapshot, Point> {
    const before = this.#families.get(name)
    const end = this.now(series)
    const seen = new Map<unknown, Seen>()
    const points = new Map<SeriesSnapshot, Point>()
    for (const one of series) {
      const { point, now } = this.#next(one, before, end)
      seen.set(one.key, now)
      if (point !== undefined) points.set(one, point)
    }
    this.#families.set(name, { end, series: seen })
    return points
  }

  #next(
    series: NumberSeries | HistogramSeries,
    before: FamilyHistory | undefined,
    end: number,
  ): { point: Point | undefined; now: Seen } {
    const { created, labels } = series
    const isHistogram = 'counts' in series
    const counts = isHistogram ? series.counts : [series.value]
    const total = isHistogram ? series.sum : series.value
    const native = isHistogram ? series.native : undefined
    const last = before?.series.get(series.key)
    const growth = native && last?.native && growthOf(native, last.native)
    const isNew =
      last === undefined ||
      last.created !== created ||
      (native !== undefined && growth === undefined) ||
      counts.some((count, index) => count < (last.counts[index] ?? 0))
    const previous = before?.end ?? this.#previous
    // A series that no earlier collection saw is younger than that collection; one that has lost
    // counts was reset since. Cloudflare Workers have no time between requests: it is 0 there.
    const born = created || (isNew ? previous : last.start)
    if (this.#temporality === 'cumulative') {
      const now = { created, start: born, counts, native, exported: total }
      return { point: { labels, start: born, end, total, counts, native }, now }
    }
    const start = before === undefined ? born : isNew ? Math.max(born, previous) : previous
    const difference = isNew ? total : total - last.exported
    const exported = isNew ? total : last.exported + difference
    const changes = isNew ? counts : counts.map((count, index) => count - (last.counts[index] ?? 0))
    const now = { created, start: born, counts, native, exported }
    if (changes.every((change) => change === 0)) return { point: undefined, now }
    const point = { labels, start, end, total: difference, counts: changes }
    return { point: { ...point, native: isNew ? native : growth }, now }
  }
}
