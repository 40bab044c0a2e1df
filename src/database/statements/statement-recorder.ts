import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import { secondsSince } from '../../support/elapsed.ts'
import type { ModelNames } from '../model-names.ts'
import type { TransactionControl } from '../sql/transaction-control.ts'
import type { Suppression } from '../suppression.ts'
import {
  type ParsedStatement,
  ParsedStatements,
  type StatementSeries,
} from './parsed-statements.ts'
import {
  countRows,
  type RowCounter,
  type RowCounters,
  type StatementScope,
} from './row-counters.ts'
import type { ScopeAttribution } from './scope-attribution.ts'
import type { StatementError } from './statement-error.ts'
import {
  type TransactionSeries,
  transactionSeries,
  discardedTransactions,
} from './transaction-series.ts'

/** The objects that record the statements of one client. */
export interface StatementSinks {
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly models: ModelNames
  readonly rows: RowCounters
  readonly suppression: Suppression
  readonly scopes: ScopeAttribution
  /**
   * Called at the end of each transaction, in the context of its `$transaction` call. `refused` means that
   * the server answered COMMIT with ROLLBACK.
   */
  readonly onTransactionEnd: (outcome: 'commit' | 'rollback' | 'refused') => void
  /** Called with the seconds of each recorded statement. */
  readonly onStatement?: ((seconds: number) => void) | undefined
}

/** The properties of a database that the recorders use. */
export interface RecordedDatabase {
  /** The dialect of its SQL: `postgres`, `mysql`, `sqlite` or `sqlserver`. */
  readonly provider: string
  /** False if its transactions have no effect and every statement commits at once. */
  readonly transactional: boolean
}

/** The transaction that a statement runs in. */
export interface StatementTransaction {
  /** Follows a statement that has begun, ended or divided the transaction. */
  controlled(control: TransactionControl, started: number): void
  /** Adds rows that a statement sent at `started` wrote. */
  wrote(counter: RowCounter, started: number, rows: number, scope: StatementScope | undefined): void
  /** Follows a statement that failed. */
  statementFailed(
    error: StatementError,
    control: TransactionControl | undefined,
    started: number,
  ): void
}

/**
 * Records the statements of one database. Its methods may throw: the module that watches the driver
 * calls them inside {@link ErrorReporter.guard}. Times are readings of `performance.now()`.
 */
export class StatementRecorder {
  readonly database: RecordedDatabase
  readonly statements: ParsedStatements
  readonly scopes: ScopeAttribution
  readonly onTransactionEnd: (outcome: 'commit' | 'rollback' | 'refused') => void
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #suppression: Suppression
  readonly #transactions: TransactionSeries
  readonly #onStatement: ((seconds: number) => void) | undefined

  constructor(sinks: StatementSinks, database: RecordedDatabase) {
    this.database = database
    this.statements = new ParsedStatements(sinks, database.provider)
    this.scopes = sinks.scopes
    this.onTransactionEnd = sinks.onTransactionEnd
    this.#instruments = sinks.instruments
    this.#errorReporter = sinks.errorReporter
    this.#suppression = sinks.suppression
    this.#transactions = transactionSeries(sinks.instruments)
    this.#onStatement = sinks.onStatement
  }

  /**
   * Records a statement that succeeded.
   *
   * @param rows the rows that it wrote; ignored for statements that write none.
   * @param scope the scope of the statement, found when it was sent.
   * @param transaction the transaction it ran in; outside one its rows are committed.
   * @param inserted the rows of an upsert that it inserted, if the database was asked.
   */
  succeeded(
    statement: ParsedStatement,
    started: number,
    rows: number,
    scope: StatementScope | undefined,
    transaction?: StatementTransaction,
    inserted?: number,
  ): void {
    if (transaction !== undefined && statement.control !== undefined) {
      transaction.controlled(statement.control, started)
      return
    }
    const { series } = statement
    const { upserted } = series
    // Rows first: a histogram that fails must not cost one.
    if (inserted === undefined || upserted === undefined)
      wrote(series.rows, started, rows, scope, transaction)
    else {
      wrote(upserted.insert, started, inserted, scope, transaction)
      wrote(upserted.update, started, rows - inserted, scope, transaction)
    }
    this.#timed(series, started)
  }

  /** Records a statement that failed. */
  failed(
    statement: ParsedStatement,
    started: number,
    error: StatementError,
    transaction?: StatementTransaction,
  ): void {
    const { control } = statement
    transaction?.statementFailed(error, control, started)
    this.countError(error)
    if (transaction === undefined || control === undefined) this.#timed(statement.series, started)
  }

  /** Counts an error of a statement or of another call: connecting, BEGIN, COMMIT. Never throws. */
  countError({ kind }: StatementError): void {
    if (this.#suppression.active) return
    this.#errorReporter.guard(() => this.#instruments.statementErrors.with(kind).inc())
  }

  /** Records the wait for a connection and its BEGIN, which succeeded or failed. */
  waited(started: number): void {
    this.transactions.wait.observe(secondsSince(started))
  }

  /** The series of a transaction that begins now. */
  get transactions(): TransactionSeries {
    return this.#suppression.active ? discardedTransactions : this.#transactions
  }

  #timed({ duration }: StatementSeries, started: number): void {
    if (this.#suppression.active) return
    const seconds = secondsSince(started)
    duration.observe(seconds)
    this.#onStatement?.(seconds)
  }
}

function wrote(
  counter: RowCounter | undefined,
  started: number,
  rows: number,
  scope: StatementScope | undefined,
  transaction: StatementTransaction | undefined,
): void {
  if (counter === undefined) return
  if (transaction === undefined) countRows(counter, 'commit', rows, scope)
  else transaction.wrote(counter, started, rows, scope)
}
