import type { HeldTransaction } from '../../database/holders/held-transaction.ts'
import { acquiringFor } from '../../database/pool/acquire-wait.ts'
import type { Waiter } from '../../database/operations/operation-waits.ts'
import { asRecordedCall } from '../../database/pool/recorded-calls.ts'
import type { ParsedStatement } from '../../database/statements/parsed-statements.ts'
import type { StatementError } from '../../database/statements/statement-error.ts'
import type {
  StatementRecorder,
  StatementSinks,
} from '../../database/statements/statement-recorder.ts'
import type {
  TransactionOpener,
  TransactionRecorder,
} from '../../database/statements/transaction-recorder.ts'
import { secondsSince } from '../../support/elapsed.ts'
import type { Comments, SentQuery } from '../comments/comments.ts'
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
} from '../driver-adapter.ts'
import { statementError } from '../driver-error.ts'
import { ConnectionWait, type StatementWaits } from './connection-wait.ts'
import { askForInserted, takeInserted } from './exact-upserts.ts'

/** The recorders of the statement layer. */
export interface StatementLayer extends StatementSinks {
  /** True to ask Postgres of each native upsert whether it inserted or updated. */
  readonly exactUpserts: boolean
  /** True to ask Postgres about transactions whose COMMIT had no answer. */
  readonly decideUnknown: boolean
  /**
   * Called with each adapter that connects and its instrumented factory; returns the function to call
   * when the adapter is disposed.
   */
  connected(adapter: SqlDriverAdapter, factory: SqlDriverAdapterFactory): () => void
  /** Attributes the waits for connections. */
  readonly waits: StatementWaits
  /** Called in the context of the code whose transaction has begun; undefined if it is suppressed. */
  readonly transactionBegun: () => HeldTransaction | undefined
  readonly comments: Comments
  /** True if the running code is the call of an interactive transaction, which sends BEGIN. */
  beginsInteractive(): boolean
}

/** The context of a statement. */
export interface StatementContext {
  readonly transaction?: TransactionRecorder
  /** True if the wait for a connection is visible. */
  readonly showsWaits?: boolean
}

/** Watches the calls of one factory's adapters. */
export class CallWatch {
  readonly recorder: StatementRecorder
  readonly #layer: StatementLayer

  constructor(recorder: StatementRecorder, layer: StatementLayer) {
    this.recorder = recorder
    this.#layer = layer
  }

  guard<T>(record: () => T): T | undefined {
    return this.#layer.errorReporter.guard(record)
  }

  transactionBegun(): HeldTransaction | undefined {
    return this.#layer.transactionBegun()
  }

  /** The code that sends a BEGIN; undefined unless its scope is known for certain. */
  opener(): TransactionOpener | undefined {
    return this.guard(() =>
      this.#layer.beginsInteractive() ? { scope: this.recorder.scopes.ofCaller() } : undefined,
    )
  }

  classified(error: unknown): StatementError {
    return statementError(this.recorder.database.provider, error)
  }

  callFailed(error: unknown): void {
    this.guard(() => this.recorder.countError(this.classified(error)))
  }

  queryRaw(
    target: SqlQueryable,
    given: SqlQuery,
    context?: StatementContext,
  ): Promise<SqlResultSet> {
    const sent = this.#sent(given)
    const query = sent?.query ?? given
    const asked = this.#layer.exactUpserts ? this.guard(() => this.#exactly(query)) : undefined
    const call = (): Promise<SqlResultSet> => target.queryRaw(asked ?? query)
    return this.#statement(query, call, writtenRows, context, sent, asked && takeInserted)
  }

  #exactly(query: SqlQuery): SqlQuery | undefined {
    const { series } = this.recorder.statements.of(query.sql)
    return series.upserted && askForInserted(query)
  }

  executeRaw(target: SqlQueryable, given: SqlQuery, context?: StatementContext): Promise<number> {
    const sent = this.#sent(given)
    const query = sent?.query ?? given
    const call = (): Promise<number> => target.executeRaw(query)
    return this.#statement(query, call, (_, affected) => affected, context, sent)
  }

  isCommit(sql: string): boolean {
    return this.guard(() => this.recorder.statements.of(sql).control?.control) === 'commit'
  }

  #sent(query: SqlQuery): SentQuery | undefined {
    return this.guard(() => this.#layer.comments.sent(query))
  }

  #statement<T>(
    { sql }: SqlQuery,
    call: () => Promise<T>,
    rowsOf: (statement: ParsedStatement, result: T) => number,
    { transaction, showsWaits }: StatementContext = {},
    sent: SentQuery | undefined,
    take?: (result: T) => number | undefined,
  ): Promise<T> {
    const started = performance.now()
    const { recorder } = this
    const scope = this.guard(() => recorder.scopes.ofStatement())
    if (transaction?.held) transaction.held.lastStatement = sql
    const known = sent?.attributed.waiting
    const wait = showsWaits === true ? this.wait((waits) => waits.ofStatement(known)) : undefined
    return this.observed(
      wait === undefined ? call : () => acquiringFor(wait, call),
      (result) => {
        const inserted = take?.(result)
        const acquired = wait?.settled(started) ?? started
        const statement = recorder.statements.of(sql)
        const rows = rowsOf(statement, result)
        this.#attribute(sent, acquired, rows)
        recorder.succeeded(statement, acquired, rows, scope, transaction, inserted)
      },
      (error) => {
        const cause = this.classified(error)
        const acquired = wait === undefined ? started : wait.settled(started)
        // A statement without a connection was never sent.
        if (acquired === undefined) return recorder.countError(cause)
        this.#attribute(sent, acquired, 0)
        recorder.failed(recorder.statements.of(sql), acquired, cause, transaction)
      },
      transaction,
    )
  }

  /** Under a guard of its own: a counter of comments that fails must not cost a row. */
  #attribute(sent: SentQuery | undefined, started: number, rows: number): void {
    if (sent !== undefined) this.guard(() => sent.attributed.settled(secondsSince(started), rows))
  }

  /** Begins to wait for a connection, on behalf of the code that `waiter` returns. */
  wait(waiter: (waits: StatementWaits) => Waiter): ConnectionWait | undefined {
    const { waits } = this.#layer
    return this.guard(() => new ConnectionWait(waits, waiter(waits)))
  }

  /**
   * Returns the promise that `call` returns, with a listener attached before any other, so its waiters
   * continue in the same tick as without instrumentation.
   *
   * @param transaction the transaction that is not idle until the call settles.
   */
  observed<T>(
    call: () => Promise<T>,
    succeeded: (value: T) => void,
    failed: (error: unknown) => void,
    transaction?: TransactionRecorder,
  ): Promise<T> {
    const held = transaction?.held
    held?.statementSent()
    let answer
    try {
      answer = asRecordedCall(call)
    } catch (error) {
      held?.statementSettled()
      this.guard(() => failed(error))
      throw error
    }
    void Promise.resolve(answer).then(
      (value) => {
        held?.statementSettled()
        this.guard(() => succeeded(value))
      },
      (error: unknown) => {
        held?.statementSettled()
        this.guard(() => failed(error))
      },
    )
    return answer
  }
}

/** The number of rows that a write through `queryRaw` has written. */
function writtenRows(statement: ParsedStatement, result: SqlResultSet): number {
  // MySQL has no RETURNING: a create returns the id of its row, but no row.
  const onlyId = result.columnNames.length === 0 && result.lastInsertId !== undefined
  return onlyId && statement.series.insert ? 1 : result.rows.length
}
