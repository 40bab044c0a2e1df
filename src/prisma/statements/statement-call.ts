import type { Waiter } from '../../database/operations/operation-waits.ts'
import { AcquireWait, acquiringFor } from '../../database/pool/acquire-wait.ts'
import type { ParsedStatement } from '../../database/statements/parsed-statements.ts'
import type { StatementScope } from '../../database/statements/row-counters.ts'
import type { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import { secondsSince } from '../../support/elapsed.ts'
import type { SentQuery } from '../comments/comments.ts'
import type { SqlQuery, SqlQueryable, SqlResultSet } from '../driver-adapter.ts'
import type { CallWatch, ObservedCall, StatementContext } from './call-watch.ts'
import { settledWait } from './connection-wait.ts'
import { askForInserted, takeInserted } from './exact-upserts.ts'

/**
 * One statement, from before it is sent until it is recorded. One object with methods, because this is
 * the code that every statement runs after it has waited for the database.
 */
abstract class StatementCall<T> extends AcquireWait implements ObservedCall<T> {
  readonly transaction: TransactionRecorder | undefined
  protected readonly target: SqlQueryable
  protected readonly query: SqlQuery
  protected readonly watch: CallWatch
  readonly #sent: SentQuery | undefined
  #scope: StatementScope | undefined
  /** Undefined if the wait for a connection is not visible. */
  #waiter: Waiter | undefined
  readonly #started = performance.now()

  constructor(watch: CallWatch, target: SqlQueryable, given: SqlQuery, context: StatementContext) {
    super()
    const { layer } = watch
    const { transaction } = context
    const sent = layer.comments.active ? watch.guard(() => layer.comments.sent(given)) : undefined
    this.watch = watch
    this.target = target
    this.query = sent?.query ?? given
    this.transaction = transaction
    this.#sent = sent
    watch.guard(() => {
      this.#scope = layer.scopes.ofStatement()
      if (context.showsWaits) this.#waiter = layer.waits.ofStatement(sent?.attributed.waiting)
    })
    if (transaction?.held) transaction.held.lastStatement = this.query.sql
  }

  protected abstract sendQuery(): Promise<T>
  /** The rows that the statement has written, according to its result. */
  protected abstract rowsOf(result: T, statement: ParsedStatement): number
  /** The rows of an upsert that were inserted, if the database was asked. */
  protected insertedBy(_result: T): number | undefined {
    return undefined
  }

  send(): Promise<T> {
    return this.#waiter === undefined
      ? this.sendQuery()
      : acquiringFor(this, () => this.sendQuery())
  }

  succeeded(result: T): void {
    const { recorder } = this.watch
    const inserted = this.insertedBy(result)
    const acquired = this.#acquired() ?? this.#started
    const statement = recorder.statements.of(this.query.sql)
    const rows = this.rowsOf(result, statement)
    this.#attribute(acquired, rows)
    recorder.succeeded(statement, acquired, rows, this.#scope, this.transaction, inserted)
  }

  failed(error: unknown): void {
    const { watch } = this
    const { recorder } = watch
    const cause = watch.classified(error)
    const acquired = this.#acquired()
    // A statement without a connection was never sent.
    if (acquired === undefined) return recorder.countError(cause)
    this.#attribute(acquired, 0)
    recorder.failed(recorder.statements.of(this.query.sql), acquired, cause, this.transaction)
  }

  /** Counts the wait; returns when the statement was sent, undefined if it never had a connection. */
  #acquired(): number | undefined {
    const waiter = this.#waiter
    return waiter === undefined
      ? this.#started
      : settledWait(this.watch.layer.waits, waiter, this, this.#started)
  }

  /** Under a guard of its own: a counter of comments that fails must not cost a row. */
  #attribute(started: number, rows: number): void {
    const sent = this.#sent
    if (sent !== undefined)
      this.watch.guard(() => sent.attributed.settled(secondsSince(started), rows))
  }
}

/** A statement that returns rows, those that it has written among them. */
export class QueryCall extends StatementCall<SqlResultSet> {
  /** The query that asks an upsert what it has inserted. */
  #asked: SqlQuery | undefined

  protected override sendQuery(): Promise<SqlResultSet> {
    const { watch } = this
    if (watch.layer.exactUpserts) this.#asked = watch.guard(() => this.#exactly())
    return this.target.queryRaw(this.#asked ?? this.query)
  }

  #exactly(): SqlQuery | undefined {
    const { series } = this.watch.recorder.statements.of(this.query.sql)
    return series.upserted && askForInserted(this.query)
  }

  protected override rowsOf(result: SqlResultSet, { series }: ParsedStatement): number {
    // MySQL has no RETURNING: a create returns the id of its row, but no row.
    const onlyId = result.columnNames.length === 0 && result.lastInsertId !== undefined
    return onlyId && series.insert ? 1 : result.rows.length
  }

  protected override insertedBy(result: SqlResultSet): number | undefined {
    return this.#asked && takeInserted(result)
  }
}

/** A statement that returns how many rows it has written. */
export class ExecuteCall extends StatementCall<number> {
  protected override sendQuery(): Promise<number> {
    return this.target.executeRaw(this.query)
  }

  protected override rowsOf(affected: number): number {
    return affected
  }
}
