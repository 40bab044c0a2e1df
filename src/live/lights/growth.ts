import { bucketBounds, clientCatalogue, type MetricDeclaration } from '../../metrics/catalogue.ts'
import { keyOf, seriesOf } from '../record/counters.ts'
import { clientCounters } from '../record/histories.ts'
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

/** The series of the client that has grown most, and its growth. */
export function most(
  { recorded, client }: LightContext,
  kind: 'slow' | 'suspect' | 'large',
  seconds: number,
): { readonly labels: readonly string[]; readonly growth: number } {
  const { reading, histories } = recorded
  const { slowOperations, nPlusOneSuspects, operationRows } = clientCatalogue
  const declaration: MetricDeclaration = {
    slow: slowOperations,
    suspect: nPlusOneSuspects,
    large: operationRows,
  }[kind]
  let worst: { labels: readonly string[]; growth: number } = { labels: [], growth: 0 }
  for (const { labels } of seriesOf(reading, declaration)) {
    if (labels['client'] !== client) continue
    const values = declaration.labels.map((name) => labels[name])
    const [growth = 0] = histories.hour.growth(keyOf(kind, ...values), seconds).values
    if (growth > worst.growth) worst = { labels: values.slice(1).map(String), growth }
  }
  return worst
}

/** A quantile of a histogram of the client in the window; undefined without observations. */
export function quantileOf(
  { recorded, client }: LightContext,
  kind: 'acquire' | 'wait' | 'transaction',
  q: number,
  seconds: number,
): number | undefined {
  const { reading, histories } = recorded
  const { poolAcquireDuration, transactionWait, transactionDuration } = clientCatalogue
  const declaration = {
    acquire: poolAcquireDuration,
    wait: transactionWait,
    transaction: transactionDuration,
  }[kind]
  const bounds =
    seriesOf(reading, declaration).find(({ labels }) => labels['client'] === client)?.histogram
      ?.bounds ?? bucketBounds.duration
  return quantile(q, bounds, histories.hour.growth(keyOf(kind, client), seconds).values)
}

/** The scope of the client with the highest quantile of operations, and that quantile. */
export function mostOperations(
  { recorded, client }: LightContext,
  q: number,
  seconds: number,
): { readonly scope: string; readonly operations: number } {
  const { reading, histories } = recorded
  let worst = { scope: '', operations: 0 }
  for (const { labels, histogram } of seriesOf(reading, clientCatalogue.scopeOperations)) {
    if (labels['client'] !== client || histogram === undefined) continue
    const scope = String(labels['scope'])
    const { values } = histories.hour.growth(keyOf('many', client, scope), seconds)
    const operations = quantile(q, histogram.bounds, values) ?? 0
    if (operations > worst.operations) worst = { scope, operations }
  }
  return worst
}
