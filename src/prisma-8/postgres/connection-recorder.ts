import type { HeldTransaction, TransactionCaller } from '../../database/holders/held-transaction.ts'
import { splitStatements } from '../../database/sql/split-statements.ts'
import type { TransactionControl } from '../../database/sql/transaction-control.ts'
import type { ParsedStatement } from '../../database/statements/parsed-statements.ts'
import {
  countRows,
  type RowCounter,
  type StatementScope,
} from '../../database/statements/row-counters.ts'
import type { StatementRecorder } from '../../database/statements/statement-recorder.ts'
import { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import type { TransactionOutcome } from '../../database/statements/transaction-series.ts'
import type { PlanStatements } from '../plans/plan-statements.ts'
import type { ExecutionPlan } from '../plans/plan.ts'
import { pgError } from './pg-error.ts'

/** The server's answer to one statement. */
export interface Answer {
  /** The first word of its command tag, such as `INSERT`; undefined without a tag. */
  readonly command: string | undefined
  readonly rows: number
}

/** A sent statement whose answer has not arrived. */
export interface SentStatement {
  readonly sql: string
  readonly plan: ExecutionPlan | undefined
  /** A reading of `performance.now()`. */
  readonly started: number
  /** Undefined outside scopes. */
  readonly scope: StatementScope | undefined
}

/** Follows a transaction of the application that runs on a connection. */
export interface FollowedTransaction {
  apply(control: TransactionControl): void
  /** Set to true if no commit is confirmed, because the connection is lost. */
  aborted: boolean
  readonly caller: TransactionCaller | undefined
  held: HeldTransaction | undefined
}

/** The recorders of one client's connections. */
export interface ConnectionSinks {
  readonly recorder: StatementRecorder
  readonly statements: PlanStatements
  /** Returns the transaction whose BEGIN is being sent: it is followed to its end. */
  readonly beginning: () => FollowedTransaction | undefined
  /** Returns the running code as the caller of a transaction. */
  readonly caller: () => TransactionCaller
  /** Called with the caller of a transaction that has begun; returns undefined if it is suppressed. */
  readonly transactionBegun: (caller: TransactionCaller) => HeldTransaction | undefined
}

/** A transaction that is open on the connection. */
interface OpenTransaction {
  readonly record: TransactionRecorder
  readonly followed: FollowedTransaction | undefined
}

/** Rows of a text of several statements, which share a transaction unless they end it. */
type ImplicitRows = (readonly [counter: RowCounter, rows: number])[]

/**
 * Records the work of one connection, by the answers of the server: a COMMIT that it answers with
 * ROLLBACK has rolled back. Its methods may throw: call them inside a guard.
 */
export class ConnectionRecorder {
  readonly #sinks: ConnectionSinks
  #open: OpenTransaction | undefined
  /** The transaction to follow from the next answered BEGIN on. */
  #beginning: FollowedTransaction | undefined
  /** The code that has sent the last BEGIN. */
  #caller: TransactionCaller | undefined
  #commitsInFlight = 0
  /** When the connection was requested; undefined after the first statement. */
  #acquiring: number | undefined

  constructor(sinks: ConnectionSinks) {
    this.#sinks = sinks
  }

  /** @param started when the connection was requested, by `performance.now()`. */
  acquired(started: number): void {
    this.#acquiring = started
  }

  /** Must be called before a statement is sent. */
  sent(statement: SentStatement): void {
    const { control } = this.#parsed(statement)
    if (control?.control === 'begin') {
      this.#beginning = this.#sinks.beginning()
      this.#caller = this.#beginning?.caller ?? this.#sinks.caller()
    }
    this.#open?.record.held?.statementSent()
    if (control?.control === 'commit') this.#commitsInFlight += 1
  }

  /**
   * @param idle true if the server has no transaction open on the connection.
   * @param inserted the rows of an upsert that were inserted, if the server was asked.
   */
  answered(
    statement: SentStatement,
    answers: readonly Answer[],
    idle: boolean,
    inserted?: number,
  ): void {
    const parsed = this.#parsed(statement)
    this.#open?.record.held?.statementSettled()
    this.#settled(parsed.control)
    const [answer] = answers
    if (answers.length > 1) this.#answeredSeveral(statement, answers)
    else if (parsed.control !== undefined)
      this.#controlled(parsed.control, answer?.command, statement)
    else if (inserted !== undefined) this.#upserted(statement, inserted, answer?.rows ?? 0)
    else this.#succeeded(parsed, statement, answer?.rows ?? 0)
    this.#left(idle)
  }

  failed(statement: SentStatement, error: unknown, idle: boolean): void {
    const { recorder } = this.#sinks
    const parsed = this.#parsed(statement)
    const { control } = parsed
    this.#open?.record.held?.statementSettled()
    this.#settled(control)
    const cause = pgError(error)
    if (control === undefined) recorder.failed(parsed, statement.started, cause)
    else recorder.countError(cause)
    if (control?.control === 'begin') this.#waited(statement)
    // A refused COMMIT has rolled back.
    if (control?.control === 'commit') this.#end(cause.answerLost ? 'unknown' : 'rollback')
    this.#left(idle)
  }

  /** Must be called when the connection is lost. */
  ended(): void {
    this.#end(this.#commitsInFlight > 0 ? 'unknown' : 'rollback', true)
  }

  #succeeded(parsed: ParsedStatement, { started, scope }: SentStatement, rows: number): void {
    this.#sinks.recorder.succeeded(parsed, started, rows, scope, this.#open?.record)
  }

  #upserted(statement: SentStatement, inserted: number, rows: number): void {
    const { insert, update } = this.#sinks.statements.ofUpsert(statement.plan)
    this.#succeeded(insert, statement, inserted)
    if (update.series.rows !== undefined)
      this.#wrote(update.series.rows, statement, rows - inserted)
  }

  #wrote(counter: RowCounter, { started, scope }: SentStatement, rows: number): void {
    if (this.#open === undefined) countRows(counter, 'commit', rows, scope)
    else this.#open.record.wrote(counter, started, rows, scope)
  }

  #left(idle: boolean): void {
    this.#acquiring = undefined
    // Ended by a statement that is not recognized: PREPARE TRANSACTION, or a COMMIT before an error.
    if (idle) this.#end('unknown')
  }

  #parsed({ sql, plan }: SentStatement): ParsedStatement {
    return this.#sinks.statements.of(sql, plan)
  }

  #settled(control: TransactionControl | undefined): void {
    if (control?.control === 'commit') this.#commitsInFlight -= 1
  }

  #controlled(
    control: TransactionControl,
    command: string | undefined,
    statement: SentStatement,
  ): void {
    switch (control.control) {
      case 'begin':
        this.#waited(statement)
        return this.#begin(statement)
      case 'commit':
      case 'rollback':
        this.#end(command === 'COMMIT' ? 'commit' : 'rollback')
        if (control.chain) this.#begin(statement)
        return undefined
      default:
        this.#open?.record.controlled(control, statement.started)
        this.#open?.followed?.apply(control)
    }
  }

  #begin({ scope }: SentStatement): void {
    // Postgres only warns of a BEGIN in a transaction.
    if (this.#open !== undefined) return
    const { recorder, transactionBegun, caller } = this.#sinks
    const held = transactionBegun(this.#caller ?? caller())
    const record = new TransactionRecorder(recorder, () => {}, held, { scope })
    const followed = this.#beginning
    this.#beginning = undefined
    if (followed !== undefined) followed.held = held
    this.#open = { record, followed }
    followed?.apply({ control: 'begin' })
  }

  #end(outcome: TransactionOutcome, lost = false): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    open.record.end(outcome)
    if (open.followed === undefined) return
    if (outcome === 'unknown' || lost) open.followed.aborted = true
    else open.followed.apply({ control: outcome, chain: false })
  }

  #waited({ started }: SentStatement): void {
    this.#sinks.recorder.waited(this.#acquiring ?? started)
  }

  #answeredSeveral(statement: SentStatement, answers: readonly Answer[]): void {
    const { recorder, statements } = this.#sinks
    // Timed as a whole; its rows belong to its parts.
    recorder.succeeded(this.#parsed(statement), statement.started, 0, statement.scope)
    const texts = splitStatements(statement.sql, recorder.database.provider) ?? []
    const implicit: ImplicitRows = []
    for (const [index, answer] of answers.entries()) {
      const text = texts.length === answers.length ? (texts[index] ?? '') : (answer.command ?? '')
      const parsed = statements.of(text, statement.plan)
      this.#answeredPart(parsed, answer, statement, implicit)
    }
    settle(implicit, 'commit', statement.scope)
  }

  /** Statements of one text outside a transaction are one: COMMIT and ROLLBACK end it, BEGIN keeps it open. */
  #answeredPart(
    { control, series }: ParsedStatement,
    answer: Answer,
    statement: SentStatement,
    implicit: ImplicitRows,
  ): void {
    if (control !== undefined) {
      const ends = control.control === 'commit' || control.control === 'rollback'
      if (ends && this.#open === undefined)
        settle(implicit, answer.command === 'COMMIT' ? 'commit' : 'rollback', statement.scope)
      this.#controlled(control, answer.command, statement)
      const record = this.#open?.record
      if (record !== undefined)
        for (const [counter, rows] of implicit.splice(0))
          record.wrote(counter, statement.started, rows, statement.scope)
      return
    }
    if (series.rows === undefined) return
    if (this.#open === undefined) implicit.push([series.rows, answer.rows])
    else this.#wrote(series.rows, statement, answer.rows)
  }
}

function settle(
  implicit: ImplicitRows,
  outcome: 'commit' | 'rollback',
  scope: StatementScope | undefined,
): void {
  for (const [counter, rows] of implicit.splice(0)) countRows(counter, outcome, rows, scope)
}
