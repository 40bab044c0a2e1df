import type { HeldTransaction, TransactionCaller } from '../database/holders/held-transaction.ts'
import { splitStatements } from '../database/sql/split-statements.ts'
import type { TransactionControl } from '../database/sql/transaction-control.ts'
import type { ParsedStatement } from '../database/statements/parsed-statements.ts'
import {
  countRows,
  type RowCounter,
  type StatementScope,
} from '../database/statements/row-counters.ts'
import type { StatementError } from '../database/statements/statement-error.ts'
import type { StatementRecorder } from '../database/statements/statement-recorder.ts'
import { TransactionRecorder } from '../database/statements/transaction-recorder.ts'
import type { TransactionOutcome } from '../database/statements/transaction-series.ts'
import type { PlanStatements } from './plans/plan-statements.ts'
import type { ExecutionPlan } from './plans/plan.ts'

/** The server's answer to one statement. */
export interface Answer {
  /** The first word of its command tag, such as `INSERT`; undefined without a tag. */
  readonly command: string | undefined
  readonly rows: number
}

/** A statement that the driver is asked to send. */
export interface Statement {
  readonly sql: string
  readonly plan: ExecutionPlan | undefined
}

/** A sent statement whose answer has not arrived. */
export interface SentStatement extends Statement {
  readonly parsed: ParsedStatement
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
  /** Classifies an error of the driver. */
  readonly errorOf: (error: unknown) => StatementError
  /**
   * Returns the transaction whose BEGIN is being sent: it is followed to its end.
   *
   * @param previous the transaction that the connection has followed last, which raw SQL can begin again.
   */
  readonly beginning: (previous: FollowedTransaction | undefined) => FollowedTransaction | undefined
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
  #followed: FollowedTransaction | undefined
  /** The code that has sent the last BEGIN. */
  #caller: TransactionCaller | undefined
  #commitsInFlight = 0
  /** The seconds spent waiting for the connection; 0 after the first answer on it. */
  #acquireSeconds = 0

  constructor(sinks: ConnectionSinks) {
    this.#sinks = sinks
  }

  /** @param seconds the time that the connection was waited for. */
  acquired(seconds: number): void {
    this.#acquireSeconds = seconds
  }

  /** Must be called before a statement is sent. */
  sent({ sql, plan }: Statement): SentStatement {
    const parsed = this.#sinks.statements.of(sql, plan)
    const control = parsed.control?.control
    if (control === 'begin') {
      this.#beginning = this.#sinks.beginning(this.#followed)
      this.#caller = this.#beginning?.caller ?? this.#sinks.caller()
    }
    const held = this.#open?.record.held
    if (held) {
      held.statementSent()
      held.lastStatement = sql
    }
    if (control === 'commit') this.#commitsInFlight += 1
    const scope = this.#sinks.recorder.scopes.ofStatement()
    return { sql, plan, parsed, scope, started: performance.now() }
  }

  /**
   * @param idle true if no transaction is open on the connection; undefined if the driver does not show it.
   * @param inserted the rows of an upsert that were inserted, if the server was asked.
   */
  answered(
    statement: SentStatement,
    answers: readonly Answer[],
    idle: boolean | undefined,
    inserted?: number,
  ): void {
    const { parsed } = statement
    this.#open?.record.held?.statementSettled()
    this.#settled(parsed.control)
    const [answer] = answers
    // Outside a transaction, a SAVEPOINT begins one on SQLite, which its RELEASE commits.
    if (parsed.control?.control === 'savepoint' && idle === false) this.#begin(statement)
    if (answers.length > 1) this.#answeredSeveral(statement, answers)
    else if (parsed.control !== undefined)
      this.#controlled(parsed.control, answer?.command, statement)
    else
      this.#sinks.recorder.succeeded(
        parsed,
        statement.started,
        answer?.rows ?? 0,
        statement.scope,
        this.#open?.record,
        inserted,
      )
    this.#left(idle, this.#sqlite ? 'commit' : 'unknown')
  }

  failed(statement: SentStatement, error: unknown, idle: boolean | undefined): void {
    const { recorder } = this.#sinks
    const { parsed } = statement
    const { control } = parsed
    this.#open?.record.held?.statementSettled()
    this.#settled(control)
    const cause = this.#sinks.errorOf(error)
    if (control === undefined) recorder.failed(parsed, statement.started, cause)
    else recorder.countError(cause)
    if (control?.control === 'begin') this.#waited(statement)
    // A refused COMMIT has rolled back; SQLite keeps the transaction open.
    if (control?.control === 'commit' && !this.#sqlite)
      this.#end(cause.answerLost ? 'unknown' : 'rollback')
    this.#left(idle, this.#sqlite ? 'rollback' : 'unknown')
  }

  /** Must be called when the connection is lost. */
  ended(): void {
    this.#end(this.#commitsInFlight > 0 ? 'unknown' : 'rollback', true)
  }

  /** @param otherwise the outcome of a transaction that has ended without a statement that says so. */
  #left(idle: boolean | undefined, otherwise: TransactionOutcome): void {
    this.#acquireSeconds = 0
    // By PREPARE TRANSACTION, a COMMIT before an error, or an error that makes SQLite roll back.
    if (idle === true) this.#end(otherwise)
  }

  get #sqlite(): boolean {
    return this.#sinks.recorder.database.provider === 'sqlite'
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
        if (control.chain) {
          this.#beginning = this.#followed
          this.#begin(statement)
        }
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
    this.#followed = followed
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
    this.#sinks.recorder.waited(started - this.#acquireSeconds * 1000)
  }

  #answeredSeveral(statement: SentStatement, answers: readonly Answer[]): void {
    const { recorder, statements } = this.#sinks
    // Timed as a whole; its rows belong to its parts.
    recorder.succeeded(statement.parsed, statement.started, 0, statement.scope)
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
      if (control.control === 'begin') this.#beginning = this.#sinks.beginning(this.#followed)
      this.#controlled(control, answer.command, statement)
      const record = this.#open?.record
      if (record !== undefined)
        for (const [counter, rows] of implicit.splice(0))
          record.wrote(counter, statement.started, rows, statement.scope)
      return
    }
    if (series.rows === undefined) return
    if (this.#open === undefined) implicit.push([series.rows, answer.rows])
    else this.#open.record.wrote(series.rows, statement.started, answer.rows, statement.scope)
  }
}

function settle(
  implicit: ImplicitRows,
  outcome: 'commit' | 'rollback',
  scope: StatementScope | undefined,
): void {
  for (const [counter, rows] of implicit.splice(0)) countRows(counter, outcome, rows, scope)
}
