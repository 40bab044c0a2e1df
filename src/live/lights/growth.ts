import { bucketBounds, clientCatalogue } from '../../metrics/catalogue.ts'
import { type AlertKey, clientCounters } from '../record/alert-counters.ts'
import { keyOf, partsOf, seriesOf } from '../record/counters.ts'
import { quantile } from '../record/quantile.ts'
import type { LightContext } from './light.ts'

export const minutes = (count: number): number => count * 60

/** How much the counters of the client have grown in the window. */
export function grown(
  { recorded, client }: LightContext,
  seconds: number,
): Readonly<Record<(typeof clientCounters)[number], number>> {
  const { values } = recorded.histories.hour.growth(keyOf('client', client), seconds)
  return Object.fromEntries(
    clientCounters.map((name, index) => [name, values[index] ?? 0]),
  ) as Readonly<Record<(typeof clientCounters)[number], number>>
}

/** The length of the window that is recorded, at least a second. */
export function recordedSeconds({ recorded }: LightContext, seconds: number): number {
  return Math.max(1, recorded.histories.hour.coverage(seconds))
}

export interface Grown {
  /** The label values after the client. */
  readonly names: readonly string[]
  readonly values: readonly number[]
}

/** What has grown in the window, by labels. */
export function* grownBy(
  { recorded, client }: LightContext,
  key: AlertKey,
  seconds: number,
  agoSeconds = 0,
): Generator<Grown> {
  const { hour } = recorded.histories
  for (const recordedKey of hour.keys(`${keyOf(key, client)}\0`)) {
    const { values } = hour.growth(recordedKey, seconds, agoSeconds)
    yield { names: partsOf(recordedKey).slice(2), values }
  }
}

/** The highest positive score of what has grown; a score of 0 and no names if nothing has. */
export function most(
  context: LightContext,
  key: AlertKey,
  seconds: number,
  score: (grown: Grown) => number = ({ values: [growth = 0] }) => growth,
): { readonly names: readonly string[]; readonly score: number } {
  let worst: { names: readonly string[]; score: number } = { names: [], score: 0 }
  for (const one of grownBy(context, key, seconds)) {
    const scored = score(one)
    if (scored > worst.score) worst = { names: one.names, score: scored }
  }
  return worst
}

/** A quantile of a histogram of the client in the window; undefined without observations. */
export function quantileOf(
  { recorded, client }: LightContext,
  key: 'acquire' | 'wait',
  q: number,
  seconds: number,
): number | undefined {
  const { reading, histories } = recorded
  const { poolAcquireDuration, transactionWait } = clientCatalogue
  const declaration = { acquire: poolAcquireDuration, wait: transactionWait }[key]
  const bounds =
    seriesOf(reading, declaration).find(({ labels }) => labels['client'] === client)?.histogram
      ?.bounds ?? bucketBounds.duration
  return quantile(q, bounds, histories.hour.growth(keyOf(key, client), seconds).values)
}

/** A sentence that names the label values with the highest score, or nothing. */
export function naming(
  context: LightContext,
  key: AlertKey,
  seconds: number,
  sentence: (...names: string[]) => string,
  score?: (grown: Grown) => number,
): string {
  const { names, score: highest } = most(context, key, seconds, score)
  return highest === 0 ? '' : ` ${sentence(...names)}`
}

/** Names the scope whose transactions hold connections longest. */
export function holder(context: LightContext, seconds: number): string {
  return naming(
    context,
    'held',
    seconds,
    (scope) => `Transactions of ${scope} hold connections longest.`,
  )
}
