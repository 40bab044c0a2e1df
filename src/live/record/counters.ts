import { clientCatalogue, type MetricDeclaration } from '../../metrics/catalogue.ts'
import type { HistogramReading, Reading, SeriesReading } from './reading.ts'

/** Joins the parts of a key. Label values may contain any other character. */
export function keyOf(...parts: readonly (string | number | undefined)[]): string {
  return parts.join('\0')
}

export function partsOf(key: string): readonly string[] {
  return key.split('\0')
}

/** A label's text. */
export function label({ labels }: SeriesReading, name: string): string {
  const value = labels[name]
  return value === undefined ? '' : String(value)
}

/** The series of one metric of the catalogue. */
export function seriesOf(reading: Reading, { name }: MetricDeclaration): readonly SeriesReading[] {
  return reading.get(name) ?? []
}

/** The labels of the reading's clients, in the order of their creation. */
export function clientsOf(reading: Reading): string[] {
  const { clientInfo, operationsInFlight, instrumentationErrors } = clientCatalogue
  const clients = new Set<string>()
  for (const declaration of [clientInfo, operationsInFlight, instrumentationErrors]) {
    for (const series of seriesOf(reading, declaration)) clients.add(label(series, 'client'))
  }
  return [...clients]
}

interface HistogramSum {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum: number
}

/** Adds histograms of equal bounds by key. */
export class HistogramSums {
  readonly sums: Map<string, HistogramSum> = new Map()

  add(key: string, { bounds, counts, sum }: HistogramReading): void {
    const known = this.sums.get(key)
    if (known === undefined) {
      this.sums.set(key, { bounds, counts: [...counts], sum })
      return
    }
    known.sum += sum
    for (const [index, count] of counts.entries()) {
      known.counts[index] = (known.counts[index] ?? 0) + count
    }
  }
}

/** Adds numbers by key. */
export class Sums {
  readonly sums: Map<string, number> = new Map()

  add(key: string, value: number): void {
    this.sums.set(key, (this.sums.get(key) ?? 0) + value)
  }

  get(key: string): number {
    return this.sums.get(key) ?? 0
  }
}

/** Adds the series of a histogram by the labels of these names. */
export function histogramsBy(
  reading: Reading,
  declaration: MetricDeclaration,
  names: readonly string[],
): HistogramSums['sums'] {
  const sums = new HistogramSums()
  for (const series of seriesOf(reading, declaration)) {
    if (series.histogram === undefined) continue
    sums.add(keyOf(...names.map((name) => label(series, name))), series.histogram)
  }
  return sums.sums
}

/** Adds the series of a counter or a gauge by the labels of these names. */
export function sumsBy(
  series: readonly SeriesReading[],
  names: readonly string[],
  accepts: (series: SeriesReading) => boolean = () => true,
): Sums {
  const sums = new Sums()
  for (const one of series) {
    if (accepts(one)) sums.add(keyOf(...names.map((name) => label(one, name))), one.value)
  }
  return sums
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
