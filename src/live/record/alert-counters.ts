import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
} from '../../metrics/catalogue.ts'
import { unreachableCodes, unreachableKinds } from '../../monitoring/alerts/codes.ts'
import { defaultSettings } from '../../monitoring/settings.ts'
import {
  clientsOf,
  histogramsBy,
  keyOf,
  label,
  seriesOf,
  type Sums,
  sumsBy,
  total,
} from './counters.ts'
import type { GrowthHistory } from './growth-history.ts'
import type { Reading, SeriesReading } from './reading.ts'

const { latencySeconds, largeResultRows, transactionSeconds } = defaultSettings.thresholds

const whole = (text: string): RegExp => new RegExp(`^(?:${text})$`)

const expectedCode = whole(defaultSettings.expectedCodes)
const unreachableCode = whole(unreachableCodes)
const unreachableKind = whole(unreachableKinds)

export function isExpected(code: string): boolean {
  return expectedCode.test(code)
}

export function isUnreachable(kind: string): boolean {
  return unreachableKind.test(kind)
}

type CountedKey =
  | 'slow'
  | 'suspect'
  | 'code'
  | 'kind'
  | 'long'
  | 'held'
  | 'idle'
  | 'blocked'
  | 'undone'
  | 'collect'

/** Counters by labels: the key is the name here, the client and the other labels. */
const counted: Readonly<Record<CountedKey, readonly [MetricDeclaration, ...string[]]>> = {
  slow: [clientCatalogue.slowOperations, 'model', 'operation'],
  suspect: [clientCatalogue.nPlusOneSuspects, 'scope', 'model', 'operation'],
  code: [clientCatalogue.operationErrors, 'model', 'operation', 'code'],
  kind: [clientCatalogue.statementErrors, 'kind'],
  long: [clientCatalogue.longTransactions, 'scope'],
  held: [clientCatalogue.scopeTransaction, 'scope'],
  idle: [clientCatalogue.scopeTransactionIdle, 'scope'],
  blocked: [clientCatalogue.scopeBlocked, 'scope'],
  undone: [clientCatalogue.rolledBackRows, 'model'],
  collect: [expositionCatalogue.collectErrors, 'metric'],
}

/** Histograms of a client, of which the buckets are recorded. */
const distributions: Readonly<Record<'acquire' | 'wait', MetricDeclaration>> = {
  acquire: clientCatalogue.poolAcquireDuration,
  wait: clientCatalogue.transactionWait,
}

/**
 * The keys of what is recorded by labels. `undoneBy`: rows rolled back, by scope. `large`: large results,
 * by operation. `operation`: calls and seconds. `route`: requests and failed ones. `many`: the buckets of
 * operations per run. `runs`: see {@link recordScopes}.
 */
export type AlertKey =
  | CountedKey
  | 'acquire'
  | 'wait'
  | 'undoneBy'
  | 'large'
  | 'operation'
  | 'route'
  | 'many'
  | 'runs'

/** The counters of a client that its status lights need. */
export const clientCounters = [
  'operations',
  'failed',
  'late',
  'conflicts',
  'unreachable',
  'transactions',
  'rollbacks',
  'timedOut',
  'opened',
  'statements',
  'handlerErrors',
  'readingErrors',
  'seriesDropped',
  'instrumentationErrors',
] as const

/** Records what the shipped alerts count. Metrics without a client have an empty one. */
export function recordAlerts(history: GrowthHistory, reading: Reading): void {
  const add = (key: AlertKey, labels: string, values: readonly number[]): void =>
    history.add(keyOf(key, labels), values)
  for (const client of clientsOf(reading)) {
    history.add(keyOf('client', client), clientValues(reading, client))
  }
  for (const [key, [declaration, ...names]] of entriesOf(counted)) {
    const { sums } = sumsBy(seriesOf(reading, declaration), ['client', ...names])
    for (const [labels, value] of sums) add(key, labels, [value])
  }
  const undone = sumsBy(
    seriesOf(reading, clientCatalogue.scopeRows),
    ['client', 'scope'],
    (series) => label(series, 'outcome') === 'rollback',
  )
  for (const [labels, value] of undone.sums) add('undoneBy', labels, [value])
  for (const [key, declaration] of entriesOf(distributions)) {
    for (const [client, { counts }] of histogramsBy(reading, declaration, ['client'])) {
      add(key, client, counts)
    }
  }
  recordOperations(add, reading)
  recordScopes(add, reading)
  const requests = seriesOf(reading, httpCatalogue.requestDuration)
  const names = ['client', 'http_request_method', 'http_route']
  const failed = countsBy(requests, names, (series) =>
    /^(?:5..|)$/.test(label(series, 'http_response_status_code')),
  )
  for (const [labels, value] of countsBy(requests, names)) {
    add('route', labels, [value, failed.get(labels) ?? 0])
  }
}

type Add = (key: AlertKey, labels: string, values: readonly number[]) => void

function recordOperations(add: Add, reading: Reading): void {
  const { operationDuration, operationWait, operationRows } = clientCatalogue
  const names = ['client', 'model', 'operation']
  const waited = countsBy(seriesOf(reading, operationWait), names)
  for (const [labels, { counts, sum }] of histogramsBy(reading, operationDuration, names)) {
    add('operation', labels, [total(counts), sum - (waited.get(labels) ?? 0)])
  }
  for (const [labels, { bounds, counts }] of histogramsBy(reading, operationRows, names)) {
    add('large', labels, [above(largeResultRows, bounds, counts)])
  }
}

/** Of `runs`: runs, failed ones, seconds, operations, seconds in operations, runs without operations. */
function recordScopes(add: Add, reading: Reading): void {
  const { scopeDuration, scopeOperations, scopeDatabase } = clientCatalogue
  const names = ['client', 'scope']
  const failed = histogramsBy(reading, scopeDuration, [...names, 'outcome'])
  const operations = histogramsBy(reading, scopeOperations, names)
  const database = histogramsBy(reading, scopeDatabase, names)
  for (const [labels, { counts, sum }] of histogramsBy(reading, scopeDuration, names)) {
    const ran = operations.get(labels)
    add('runs', labels, [
      total(counts),
      total(failed.get(keyOf(labels, 'error'))?.counts ?? []),
      sum,
      ran?.sum ?? 0,
      database.get(labels)?.sum ?? 0,
      ran?.bounds[0] === 0 ? (ran.counts[0] ?? 0) : 0,
    ])
  }
  for (const [labels, { counts }] of operations) {
    // Most scopes stay far below the threshold: their buckets would fill the memory.
    if (total(counts.slice(6)) > 0) add('many', labels, counts)
  }
}

function has(name: string, value: string): (series: SeriesReading) => boolean {
  return (series) => label(series, name) === value
}

/** The values of {@link clientCounters}, in their order. */
function clientValues(reading: Reading, client: string): number[] {
  const {
    operationDuration,
    operationErrors,
    statementDuration,
    statementErrors,
    transactionDuration,
    poolAcquireDuration,
    poolAcquireTimeouts,
    poolConnectionsOpened,
    eventHandlerErrors,
    readingErrors,
    seriesDropped,
    instrumentationErrors,
  } = clientCatalogue
  const ofClient = (declaration: MetricDeclaration): readonly SeriesReading[] =>
    seriesOf(reading, declaration).filter((series) => label(series, 'client') === client)
  const sum = (
    declaration: MetricDeclaration,
    accepts: (series: SeriesReading) => boolean = () => true,
  ): number => total(ofClient(declaration).filter(accepts).map(countOf))
  const over = (
    seconds: number,
    declaration: MetricDeclaration,
    accepts: (series: SeriesReading) => boolean = () => true,
  ): number =>
    total(
      ofClient(declaration)
        .filter(accepts)
        .map(({ histogram }) => above(seconds, histogram?.bounds, histogram?.counts)),
    )
  const rolledBack = has('outcome', 'rollback')
  return [
    sum(operationDuration),
    sum(operationErrors, (series) => !isExpected(label(series, 'code'))),
    over(latencySeconds, operationDuration),
    Math.max(
      sum(statementErrors, has('kind', 'TransactionWriteConflict')),
      sum(operationErrors, has('code', 'P2034')),
    ),
    Math.max(
      sum(statementErrors, (series) => isUnreachable(label(series, 'kind'))),
      sum(operationErrors, (series) => unreachableCode.test(label(series, 'code'))),
      // Callers that gave up waiting in a full pool are not failures to connect.
      sum(poolAcquireDuration, has('outcome', 'error')) - sum(poolAcquireTimeouts),
    ),
    sum(transactionDuration),
    sum(transactionDuration, rolledBack),
    over(transactionSeconds, transactionDuration, rolledBack),
    sum(poolConnectionsOpened),
    sum(statementDuration),
    ...[eventHandlerErrors, readingErrors, seriesDropped, instrumentationErrors].map(
      (declaration) => sum(declaration),
    ),
  ]
}

/** The value of a counter, or the observations of a histogram. */
function countOf({ value, histogram }: SeriesReading): number {
  return histogram === undefined ? value : total(histogram.counts)
}

function countsBy(
  series: readonly SeriesReading[],
  names: readonly string[],
  accepts?: (series: SeriesReading) => boolean,
): Sums['sums'] {
  const counts = series.map((one) => ({ labels: one.labels, value: countOf(one) }))
  return sumsBy(counts, names, accepts).sums
}

/** The observations above a bound. */
function above(
  limit: number,
  bounds: readonly number[] = [],
  counts: readonly number[] = [],
): number {
  return total(counts.slice(bounds.filter((bound) => bound <= limit).length))
}

function entriesOf<K extends string, V>(object: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(object) as [K, V][]
}
