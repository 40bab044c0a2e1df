import { secondsSince } from '../../support/elapsed.ts'
import type { TransactionControl } from '../sql/transaction-control.ts'
import type { HeldTransaction } from '../holders/held-transaction.ts'
import { PendingRows } from './pending-rows.ts'
import { countRows, type RowCounter, type StatementScope } from './row-counters.ts'
import type { StatementError } from './statement-error.ts'
import type { StatementRecorder, StatementTransaction } from './statement-recorder.ts'
import type { TransactionOutcome, TransactionSeries } from './transaction-series.ts'

/** The code that has opened a transaction: all statements of the transaction belong to its scope. */
export interface TransactionOpener {
  /** Undefined outside scopes. */
  readonly scope: StatementScope | undefined
}

/**
 * Records one transaction from its BEGIN, which has succeeded, to its end. The driver's side reports
 * in this order: statements through {@link StatementRecorder}, {@link ending} before it sends COMMIT
 * or ROLLBACK, then {@link end} or {@link endFailed}.
 */
export class TransactionRecorder implements StatementTransaction {
  readonly #recorder: StatementRecorder
  readonly #series: TransactionSeries
  readonly #pending: PendingRows
  readonly #started = performance.now()
  readonly #onEnd: (transaction: TransactionRecorder) => void
  /** True after the server refused a statement: it answers a COMMIT with a ROLLBACK. */
  #aborted = false
  /**
   * True if each statement commits at once: after the server has rolled back the transaction by
   * itself, and on a database without transactions.
   */
  #autocommits: boolean
  /**
   * When its COMMIT or ROLLBACK was sent. Statements sent later commit at once: an operation of
   * several statements can outlive the timeout of its transaction.
   */
  #endSent = Number.POSITIVE_INFINITY
  #commitSent = false
  /** The outcome that a COMMIT or ROLLBACK sent as SQL has had. */
  #ended: TransactionOutcome | undefined
  readonly #opener: TransactionOpener | undefined
  /**
   * Asks the server for the outcome of a COMMIT that it has not answered, and calls `apply` when the
   * outcome is known. Undefined if it stays unknown.
   */
  decide: ((apply: (outcome: TransactionOutcome) => void) => void) | undefined
  /** Undefined for suppressed transactions. */
  readonly held: HeldTransaction | undefined

  /** @param opener undefined if each statement finds its own scope. */
  constructor(
    recorder: StatementRecorder,
    onEnd: (transaction: TransactionRecorder) => void,
    held: HeldTransaction | undefined,
    opener?: TransactionOpener,
  ) {
    this.#recorder = recorder
    this.#series = recorder.transactions
    this.#onEnd = onEnd
    this.#opener = opener
    this.held = held
    this.#autocommits = !recorder.database.transactional
    this.#pending = new PendingRows((outcome) => this.#series.savepoints[outcome].inc())
    this.#series.inFlight.inc()
  }

  wrote(
    counter: RowCounter,
    started: number,
    rows: number,
    scope: StatementScope | undefined,
  ): void {
    const owner = this.#opener === undefined ? scope : this.#opener.scope
    if (this.#autocommits || started > this.#endSent) countRows(counter, 'commit', rows, owner)
    else this.#pending.add(counter, rows, owner)
  }

  controlled(control: TransactionControl, started: number): void {
    switch (control.control) {
      case 'savepoint':
        return this.#pending.savepoint(control.savepoint)
      case 'release':
        return this.#pending.release(control.savepoint)
      case 'rollback to':
        this.#aborted = false
        return this.#pending.rollbackTo(control.savepoint)
      case 'begin':
        return this.#begin()
      default:
        if (this.#ended !== undefined) return
        // Some adapters send COMMIT and ROLLBACK as SQL before commit() and rollback() are called.
        this.#endBySql(this.#aborted ? 'rollback' : control.control, started)
        if (control.chain) this.#begin()
    }
  }

  statementFailed(
    error: StatementError,
    control: TransactionControl | undefined,
    started: number,
  ): void {
    if (control?.control === 'commit' && this.#ended === undefined) {
      const outcome = this.#outcomeOfFailedCommit(error)
      // SQLite can refuse a COMMIT without ending the transaction; the program may send it again.
      if (outcome === 'unknown' || error.aborts) return this.#endBySql(outcome, started)
    }
    if (error.aborts) this.#aborted = true
    if (error.ends) {
      this.#pending.settle('rollback')
      this.#aborted = true
      this.#autocommits = true
    }
  }

  /** Follows a call that failed and is not a statement: a savepoint method. */
  callFailed(error: StatementError): void {
    this.statementFailed(error, undefined, performance.now())
    this.#recorder.countError(error)
  }

  /** Must be called before a COMMIT or ROLLBACK is sent. */
  ending(outcome: 'commit' | 'rollback'): void {
    this.#endSent = Math.min(this.#endSent, performance.now())
    if (outcome === 'commit') this.#commitSent = true
  }

  /** Ends the transaction, as the server has answered; only the first call counts. */
  end(outcome: TransactionOutcome): void {
    try {
      if (!this.#pending.open) return
      const actual = this.#ended ?? (this.#aborted ? 'rollback' : outcome)
      const count = this.#pending.take(actual)
      this.#pending.end(actual)
      this.#series.inFlight.dec()
      this.held?.end()
      const seconds = secondsSince(this.#started)
      this.#whenKnown(actual, (known) => {
        count(known)
        this.#series.duration[known].observe(seconds)
      })
      const refused = outcome === 'commit' && this.#aborted && !this.#autocommits
      const answer = outcome === 'commit' ? 'commit' : 'rollback'
      this.#recorder.onTransactionEnd(refused ? 'refused' : answer)
    } finally {
      this.#onEnd(this)
    }
  }

  /** Ends a transaction whose COMMIT or ROLLBACK has failed. */
  endFailed(error: StatementError): void {
    const outcome = this.#commitSent ? this.#outcomeOfFailedCommit(error) : 'rollback'
    this.callFailed(error)
    this.end(outcome)
  }

  /** Ends a transaction whose connection is gone. */
  abandon(): void {
    this.end(this.#commitSent ? 'unknown' : 'rollback')
  }

  #outcomeOfFailedCommit(error: StatementError): 'rollback' | 'unknown' {
    return error.answerLost && !this.#aborted ? 'unknown' : 'rollback'
  }

  #endBySql(outcome: TransactionOutcome, started: number): void {
    this.#ended = outcome
    this.#endSent = Math.min(this.#endSent, started)
    this.#whenKnown(outcome, this.#pending.take(outcome))
  }

  #whenKnown(outcome: TransactionOutcome, apply: (known: TransactionOutcome) => void): void {
    if (outcome === 'unknown' && this.decide !== undefined) this.decide(apply)
    else apply(outcome)
  }

  /** Follows a BEGIN that the program sends as SQL after it has ended this transaction. */
  #begin(): void {
    // MySQL commits an open transaction first; other databases refuse, or only warn.
    if (this.#recorder.database.provider === 'mysql') this.#pending.settle('commit')
    this.#ended = undefined
    this.#endSent = Number.POSITIVE_INFINITY
    this.#commitSent = false
    this.#aborted = false
    this.#autocommits = !this.#recorder.database.transactional
  }
}
