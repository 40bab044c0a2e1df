import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import {
  isTransactional,
  type SqlDriverAdapterFactory,
  type SqlResultSet,
} from '../driver-adapter.ts'
import { driverError } from '../driver-error.ts'
import type { ModelNames } from '../model-names.ts'
import type { RowCounters } from './row-counters.ts'
import { StatementTexts, type StatementSeries } from './parsed-statements.ts'
import {
  type TransactionSeries,
  transactionSeries,
  unseenTransactions,
} from './transaction-series.ts'
import type { Suppression } from '../suppression.ts'

/** What statements are recorded with. */
export interface StatementSinks {
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly models: ModelNames
  readonly rows: RowCounters
  readonly suppression: Suppression
  /** Called in the context of the `$transaction` whose COMMIT the server has answered with a ROLLBACK. */
  readonly onCommitRefused: () => void
  /** Told of each statement that is recorded. */
  readonly onStatement?: ((seconds: number) => void) | undefined
}

/** Records the statements of one adapter; outside of a transaction their rows stay at once. */
export class StatementRecorder {
  readonly provider: string
  /** False where the adapter's transactions are none. */
  readonly transactional: boolean
  readonly texts: StatementTexts
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #suppression: Suppression
  readonly #transactions: TransactionSeries
  readonly #onStatement: ((seconds: number) => void) | undefined
  readonly onCommitRefused: () => void

  constructor(sinks: StatementSinks, { provider, adapterName }: SqlDriverAdapterFactory) {
    this.provider = provider
    this.transactional = isTransactional(adapterName)
    this.#transactions = transactionSeries(sinks.instruments)
    this.#instruments = sinks.instruments
    this.#errorReporter = sinks.errorReporter
    this.texts = new StatementTexts(sinks, provider)
    this.#suppression = sinks.suppression
    this.#onStatement = sinks.onStatement
    this.onCommitRefused = sinks.onCommitRefused
  }

  queried(sql: string, started: number, result: SqlResultSet): void {
    try {
      const { series } = this.texts.of(sql)
      this.timed(series, started)
      if (series.rows !== undefined) series.rows.committed.inc(writtenRows(series, result))
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }

  executed(sql: string, started: number, affected: number): void {
    try {
      const { series } = this.texts.of(sql)
      this.timed(series, started)
      if (series.rows !== undefined) series.rows.committed.inc(affected)
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }

  statementFailed(sql: string, started: number, error: unknown): void {
    this.failed(error)
    this.guarded(() => this.timed(this.texts.of(sql).series, started))
  }

  /** Observes the time since `started` (of `performance.now()`). */
  timed(series: StatementSeries, started: number): void {
    if (this.#suppression.active) return
    const seconds = (performance.now() - started) / 1000
    series.duration.observe(seconds)
    this.#onStatement?.(seconds)
  }

  /** Where a transaction that begins now is recorded. */
  get transactions(): TransactionSeries {
    return this.#suppression.active ? unseenTransactions : this.#transactions
  }

  failed(error: unknown): void {
    if (this.#suppression.active) return
    // What is no DriverAdapterError is what Prisma itself files under GenericJs.
    this.guarded(() =>
      this.#instruments.statementErrors.with(driverError(error)?.kind ?? 'GenericJs').inc(),
    )
  }

  waited(started: number): void {
    this.transactions.wait.observe((performance.now() - started) / 1000)
  }

  /** Runs what records, and keeps its failure from the query. */
  guarded<T>(record: () => T): T | undefined {
    try {
      return record()
    } catch (error) {
      this.#errorReporter.report(error)
      return undefined
    }
  }
}

/** The rows a write through `queryRaw` has written. */
export function writtenRows(series: StatementSeries, result: SqlResultSet): number {
  // MySQL has no RETURNING: the one row of a create comes back as an id and no row.
  if (series.insert && result.columnNames.length === 0 && result.lastInsertId !== undefined)
    return 1
  return result.rows.length
}
