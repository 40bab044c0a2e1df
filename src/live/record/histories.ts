import { clientCatalogue } from '../../metrics/catalogue.ts'
import { recordAlerts } from './alert-counters.ts'
import { GrowthHistory } from './growth-history.ts'
import { clientsOf, histogramsBy, keyOf, label, seriesOf, Sums, sumsBy, total } from './counters.ts'
import type { Reading } from './reading.ts'

/** The ranges of the plots, the shortest first. */
export const plotRanges = [
  { name: '60 s', seconds: 60, intervalSeconds: 1, capacity: 60, maxBytes: 40_000 },
  { name: '15 min', seconds: 900, intervalSeconds: 10, capacity: 90, maxBytes: 60_000 },
  { name: '5 h', seconds: 18_000, intervalSeconds: 60, capacity: 300, maxBytes: 150_000 },
] as const

/** The longest window of the tables, in seconds. */
export const tableSeconds = 60

/** With the plots, two megabytes in total: series beyond them have no history. */
const tableBytes = { recent: 1_000_000, hour: 750_000 }

/** The histories of all clients: what grew, and when. */
export class Histories {
  readonly plots: readonly GrowthHistory[] = plotRanges.map(
    ({ intervalSeconds, capacity, maxBytes }) =>
      new GrowthHistory(intervalSeconds, capacity, maxBytes),
  )
  /** By operation and scope: the last minute. */
  readonly recent: GrowthHistory = new GrowthHistory(10, 7, tableBytes.recent)
  /** By alert and scope, per minute: the last hour and the minutes before it. */
  readonly hour: GrowthHistory = new GrowthHistory(60, 66, tableBytes.hour)

  get bytes(): number {
    return [...this.plots, this.recent, this.hour].reduce((sum, history) => sum + history.bytes, 0)
  }

  /** @param at in seconds, of a monotonic clock */
  record(reading: Reading, at: number): void {
    const { growing, current } = plotEntries(reading)
    for (const history of this.plots) {
      history.begin(at)
      for (const [key, values] of growing) history.add(key, values)
      for (const [key, values] of current) history.set(key, values)
    }
    this.recent.begin(at)
    recordOperations(this.recent, reading)
    recordScopes(this.recent, reading)
    this.hour.begin(at)
    recordAlerts(this.hour, reading)
  }
}

type Entries = (readonly [key: string, values: readonly number[]])[]

function plotEntries(reading: Reading): { readonly growing: Entries; readonly current: Entries } {
  const { operationDuration, operationErrors, rolledBackRows } = clientCatalogue
  const growing: Entries = []
  const current: Entries = []
  for (const [client, { counts }] of histogramsBy(reading, operationDuration, ['client'])) {
    growing.push([keyOf('operations', client), counts])
  }
  const errors = sumsBy(seriesOf(reading, operationErrors), ['client', 'code'])
  for (const [key, value] of errors.sums) growing.push([keyOf('error', key), [value]])
  const committed = committedRows(reading)
  const rolledBack = sumsBy(seriesOf(reading, rolledBackRows), ['client'])
  for (const client of clientsOf(reading)) {
    growing.push([keyOf('rows', client), [committed.get(client), rolledBack.get(client)]])
    current.push([keyOf('connections', client), connectionsOf(reading, client)])
  }
  return { growing, current }
}

/** Committed rows by client. */
function committedRows(reading: Reading): Sums {
  const { modelInserts, modelUpdates, modelDeletes, modelUpserts } = clientCatalogue
  const rows = new Sums()
  for (const declaration of [modelInserts, modelUpdates, modelDeletes, modelUpserts]) {
    for (const series of seriesOf(reading, declaration)) {
      rows.add(label(series, 'client'), series.value)
    }
  }
  return rows
}

/** Busy, idle, maximum, waiting; NaN for a number that the pool does not give. */
export function connectionsOf(reading: Reading, client: string): readonly number[] {
  const { poolConnections, poolConnectionsMax, poolPendingAcquires } = clientCatalogue
  const states = seriesOf(reading, poolConnections).filter(
    (series) => label(series, 'client') === client,
  )
  const inState = (state: string): number =>
    states.find((series) => label(series, 'state') === state)?.value ?? Number.NaN
  const gauge = (declaration: typeof poolConnectionsMax | typeof poolPendingAcquires): number =>
    seriesOf(reading, declaration).find((series) => label(series, 'client') === client)?.value ??
    Number.NaN
  return [inState('busy'), inState('idle'), gauge(poolConnectionsMax), gauge(poolPendingAcquires)]
}

/** After the buckets: sum, errors, rows, results, statements. */
function recordOperations(history: GrowthHistory, reading: Reading): void {
  const { operationDuration, operationErrors, operationRows, operationStatements } = clientCatalogue
  const names = ['client', 'model', 'operation']
  const errors = sumsBy(seriesOf(reading, operationErrors), names)
  const rows = histogramsBy(reading, operationRows, names)
  const statements = sumsBy(seriesOf(reading, operationStatements), names)
  for (const [key, { counts, sum }] of histogramsBy(reading, operationDuration, names)) {
    const { counts: results = [], sum: rowSum = 0 } = rows.get(key) ?? {}
    history.add(keyOf('operation', key), [
      ...counts,
      sum,
      errors.get(key),
      rowSum,
      total(results),
      statements.get(key),
    ])
  }
}

/** After the buckets: sum, failed, operations, database, waiting, suspects. */
function recordScopes(history: GrowthHistory, reading: Reading): void {
  const { scopeDuration, scopeOperations, scopeDatabase, scopeWait, nPlusOneSuspects } =
    clientCatalogue
  const names = ['client', 'scope']
  const failed = histogramsBy(reading, scopeDuration, [...names, 'outcome'])
  const operations = histogramsBy(reading, scopeOperations, names)
  const database = histogramsBy(reading, scopeDatabase, names)
  const waiting = sumsBy(seriesOf(reading, scopeWait), names)
  const suspects = sumsBy(seriesOf(reading, nPlusOneSuspects), names)
  for (const [key, { counts, sum }] of histogramsBy(reading, scopeDuration, names)) {
    history.add(keyOf('scope', key), [
      ...counts,
      sum,
      total(failed.get(keyOf(key, 'error'))?.counts ?? []),
      operations.get(key)?.sum ?? 0,
      database.get(key)?.sum ?? 0,
      waiting.get(key),
      suspects.get(key),
    ])
  }
}
