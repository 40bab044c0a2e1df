import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { SqlResultSet } from '../driver-adapter.ts'
import { abortsTransaction, driverError, endsTransaction } from '../driver-error.ts'
import { PendingRows } from './pending-rows.ts'
import type { RowCounter } from './row-counters.ts'
import type { TransactionControl } from '../sql/transaction-control.ts'
import { type StatementRecorder, writtenRows } from './statement-recorder.ts'
import type { StatementSeries } from './parsed-statements.ts'
import type { TransactionOutcome, TransactionSeries } from './transaction-series.ts'

/** Records one transaction: its statements, and its rows once their fate is known. */
export class TransactionRecorder {
  readonly #series: TransactionSeries
  readonly #errorReporter: ErrorReporter
  readonly #statements: StatementRecorder
  readonly #ledger: PendingRows
  readonly #started = performance.now()
  readonly #onEnd: () => void
  /** True after the server refused a statement: a COMMIT would be answered with a ROLLBACK. */
  #aborted = false
  /**
   * True where each statement commits at once: after the server has rolled the transaction back by
   * itself, and on a database whose adapter only pretends to have transactions.
   */
  #autocommits: boolean
  /**
   * When its end was sent. What Prisma still sends after that (an operation of several statements
   * outlives the timeout of its transaction) commits by itself.
   */
  #endSent = Number.POSITIVE_INFINITY
  /** How it has ended, once the server has answered its COMMIT or ROLLBACK. */
  #ended: TransactionOutcome | undefined

  constructor(errorReporter: ErrorReporter, statements: StatementRecorder, onEnd: () => void) {
    this.#series = statements.transactions
    this.#errorReporter = errorReporter
    this.#statements = statements
    this.#onEnd = onEnd
    this.#autocommits = !statements.transactional
    this.#ledger = new PendingRows((outcome) => this.#series.savepoints[outcome].inc())
    this.#series.inFlight.inc()
  }

  queried(sql: string, started: number, result: SqlResultSet): void {
    try {
      const series = this.#recorded(sql, started)
      if (series?.rows !== undefined) this.#wrote(series.rows, started, writtenRows(series, result))
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }

  executed(sql: string, started: number, affected: number): void {
    try {
      const series = this.#recorded(sql, started)
      if (series?.rows !== undefined) this.#wrote(series.rows, started, affected)
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }

  statementFailed(sql: string, started: number, error: unknown): void {
    this.failed(error)
    this.#statements.guarded(() => {
      const text = this.#statements.texts.of(sql)
      if (text.control === undefined) this.#statements.timed(text.series, started)
    })
  }

  failed(error: unknown): void {
    this.#statements.failed(error)
    this.#statements.guarded(() => {
      const cause = driverError(error)
      if (abortsTransaction(this.#statements.provider, cause)) this.#aborted = true
      if (endsTransaction(this.#statements.provider, cause)) {
        this.#ledger.settle('rollback')
        this.#aborted = true
        this.#autocommits = true
      }
    })
  }

  /** To be called when a savepoint method of the adapter has succeeded. */
  controlled(control: TransactionControl): void {
    this.#statements.guarded(() => this.#apply(control, performance.now()))
  }

  /** To be called before the adapter is told to commit or to roll back. */
  ending(): void {
    this.#endSent = Math.min(this.#endSent, performance.now())
  }

  /** The end of the transaction, as the adapter was told; only the first one counts. */
  end(outcome: TransactionOutcome): void {
    this.#statements.guarded(() => {
      if (!this.#ledger.open) return
      const truth = this.#ended ?? (this.#aborted ? 'rollback' : outcome)
      this.#ledger.end(truth)
      this.#series.inFlight.dec()
      this.#series.duration[truth].observe((performance.now() - this.#started) / 1000)
      if (outcome === 'commit' && this.#aborted && !this.#autocommits)
        this.#statements.onCommitRefused()
    })
    this.#onEnd()
  }

  /** A COMMIT or ROLLBACK that failed: nothing of the transaction can have stayed. */
  endFailed(error: unknown): void {
    this.failed(error)
    this.end('rollback')
  }

  #wrote(counter: RowCounter, started: number, rows: number): void {
    if (this.#autocommits || started > this.#endSent) counter.committed.inc(rows)
    else this.#ledger.add(counter, rows)
  }

  /** Books what begins, parts or ends a transaction; times all else, and tells where its rows belong. */
  #recorded(sql: string, started: number): StatementSeries | undefined {
    const text = this.#statements.texts.of(sql)
    if (text.control !== undefined) {
      this.#apply(text.control, started)
      return undefined
    }
    const { series } = text
    this.#statements.timed(series, started)
    return series
  }

  #apply(control: TransactionControl, started: number): void {
    switch (control.control) {
      case 'savepoint':
        return this.#ledger.savepoint(control.savepoint)
      case 'release':
        return this.#ledger.release(control.savepoint)
      case 'rollback to':
        this.#aborted = false
        return this.#ledger.rollbackTo(control.savepoint)
      case 'begin':
        return this.#begin()
      default:
        if (this.#ended !== undefined) return
        // Prisma has some adapters send these as SQL before it calls commit() or rollback().
        this.#ended = this.#aborted ? 'rollback' : control.control
        this.#endSent = Math.min(this.#endSent, started)
        this.#ledger.settle(this.#ended)
        if (control.chain) this.#begin()
    }
  }

  /** A program that has ended the transaction by SQL of its own goes on with another one. */
  #begin(): void {
    // MySQL commits an open transaction first; the others refuse, or only warn.
    if (this.#statements.provider === 'mysql') this.#ledger.settle('commit')
    this.#ended = undefined
    this.#endSent = Number.POSITIVE_INFINITY
    this.#aborted = false
    this.#autocommits = !this.#statements.transactional
  }
}
