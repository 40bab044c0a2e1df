import { bucketBounds, clientCatalogue } from '../../metrics/catalogue.ts'
import { keyOf, label, seriesOf } from '../record/counters.ts'
import type { GrowthHistory } from '../record/growth-history.ts'
import { plotRanges } from '../record/histories.ts'
import { quantile } from '../record/quantile.ts'
import type { Recorded } from '../record/recorder.ts'

/** The curves of one plot; a value that is not known is null. */
export interface Plot {
  readonly id: string
  readonly title: string
  readonly unit: 'per second' | 'seconds' | 'connections'
  readonly curves: readonly {
    readonly label: string
    readonly values: readonly (number | null)[]
  }[]
}

/** The plots of one range. */
export interface PlotRange {
  readonly name: string
  readonly seconds: number
  /** The ends of the slots: seconds of Unix time, by the server's clock. */
  readonly times: readonly number[]
  readonly plots: readonly Plot[]
}

export type Plots = readonly PlotRange[]

/** Error codes with a curve of their own, the most frequent first. */
const maxCodes = 6

/** The plots of the first `ranges`, the shortest first. */
export function plotsOf(recorded: Recorded, client: string, ranges: number): Plots {
  return plotRanges.slice(0, ranges).map(({ name, seconds }, index) => {
    const history = recorded.histories.plots[index]
    return history === undefined
      ? { name, seconds, times: [], plots: [] }
      : rangeOf(recorded, client, history, { name, seconds })
  })
}

function rangeOf(
  recorded: Recorded,
  client: string,
  history: GrowthHistory,
  range: { readonly name: string; readonly seconds: number },
): PlotRange {
  const now = recorded.at / 1000
  const unixTime = (Date.now() - performance.now()) / 1000
  const inRange = <T extends { readonly end: number }>(points: T[]): T[] =>
    points.filter(({ end }) => now - end <= range.seconds)
  const points = inRange(history.points(keyOf('operations', client)))
  const rows = inRange(history.points(keyOf('rows', client)))
  const connections = inRange(history.points(keyOf('connections', client)))
  const bounds =
    seriesOf(recorded.reading, clientCatalogue.operationDuration).find(
      (series) => label(series, 'client') === client,
    )?.histogram?.bounds ?? bucketBounds.duration
  const quantileCurve = (q: number) => ({
    label: `p${q * 100}`,
    values: points.map(({ values }) => rounded(quantile(q, bounds, values))),
  })
  return {
    ...range,
    times: points.map(({ end }) => Number((unixTime + end).toFixed(1))),
    plots: [
      {
        id: 'operations-plot',
        title: 'Operations',
        unit: 'per second',
        curves: [{ label: 'operations', values: points.map((point) => rate(point)) }],
      },
      {
        id: 'duration-plot',
        title: 'Duration of operations',
        unit: 'seconds',
        curves: [quantileCurve(0.5), quantileCurve(0.95), quantileCurve(0.99)],
      },
      {
        id: 'errors-plot',
        title: 'Errors',
        unit: 'per second',
        curves: codesOf(recorded, client, history).map((code) => ({
          label: code,
          values: inRange(history.points(keyOf('error', client, code))).map((point) => rate(point)),
        })),
      },
      {
        id: 'connections-plot',
        title: 'Connections',
        unit: 'connections',
        curves: ['busy', 'idle', 'limit', 'waiting'].map((name, index) => ({
          label: name,
          values: connections.map(({ values }) => rounded(values[index])),
        })),
      },
      {
        id: 'rows-plot',
        title: 'Rows',
        unit: 'per second',
        curves: ['committed', 'rolled back'].map((name, index) => ({
          label: name,
          values: rows.map((point) => rate(point, index)),
        })),
      },
    ],
  }
}

/** The error codes that grew in the range. */
function codesOf({ reading }: Recorded, client: string, history: GrowthHistory): string[] {
  const codes = new Map<string, number>()
  for (const series of seriesOf(reading, clientCatalogue.operationErrors)) {
    if (label(series, 'client') !== client) continue
    const code = label(series, 'code')
    if (codes.has(code)) continue
    const count = history
      .points(keyOf('error', client, code))
      .reduce((total, { values }) => total + sum(values), 0)
    if (count > 0) codes.set(code, count)
  }
  return [...codes]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, maxCodes)
    .map(([code]) => code)
}

/** Per second: of one value, or of all. */
function rate(
  { values, seconds }: { readonly values: readonly number[]; readonly seconds: number },
  index?: number,
): number | null {
  return rounded((index === undefined ? sum(values) : (values[index] ?? 0)) / seconds)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4))
}
