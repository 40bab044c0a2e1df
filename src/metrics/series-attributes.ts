import { processState } from '../support/process-state.ts'
import type { Series } from './metric-family.ts'

export type SeriesAttributes = Readonly<Record<string, string | number | undefined>>

const described = processState(
  'series-attributes',
  1,
  () => new WeakMap<Series, SeriesAttributes>(),
)

/** Adds a description to a series: attributes that later descriptions contradict are undefined for good. */
export function describeSeries(series: Series, attributes: SeriesAttributes): void {
  const before = described.get(series) ?? attributes
  const agreed = Object.entries(before).filter(([name, value]) => attributes[name] === value)
  described.set(series, Object.fromEntries(agreed))
}

/** What a series belongs to. OpenTelemetry exports it, and /metrics does not show it. */
export function attributesOf(series: Series): SeriesAttributes | undefined {
  return described.get(series)
}
