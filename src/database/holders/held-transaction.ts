import type { CallSite } from '../operations/call-site.ts'
import type { ScopeAccount } from './scope-account.ts'

/** The last operation that started in a transaction. */
export interface LastOperation {
  readonly model: string
  readonly operation: string
  /** A reading of `performance.now()`. */
  readonly started: number
}

/** The code that opened a transaction. */
export interface TransactionCaller {
  readonly account: ScopeAccount
  /** Undefined unless stacks are asked for. */
  readonly site?: CallSite | undefined
  /** Called when code of the caller continues in the transaction, or after it. */
  readonly resumed?: (() => void) | undefined
}

/** One open transaction: how long it holds its connection, and how long no statement runs. */
export class HeldTransaction {
  readonly caller: TransactionCaller
  readonly started: number = performance.now()
  lastOperation: LastOperation | undefined
  /** The SQL text of the last statement that was sent. */
  lastStatement: string | undefined
  /** Statements that were sent and not answered. */
  #running = 0
  #idleSince = this.started
  /** In milliseconds, without the time since {@link #idleSince}. */
  #idle = 0
  /** The seconds that the account has, of the transaction and of its idle part. */
  #accounted = 0
  #accountedIdle = 0
  readonly #onEnd: (transaction: HeldTransaction) => void

  constructor(caller: TransactionCaller, onEnd: (transaction: HeldTransaction) => void) {
    this.caller = caller
    this.#onEnd = onEnd
  }

  end(): void {
    this.#onEnd(this)
  }

  operationStarted(model: string, operation: string): void {
    this.lastOperation = { model, operation, started: performance.now() }
  }

  statementSent(): void {
    if (this.#running === 0) this.#idle += performance.now() - this.#idleSince
    this.#running += 1
  }

  statementSettled(): void {
    if (this.#running === 0) return
    this.#running -= 1
    if (this.#running === 0) this.#idleSince = performance.now()
  }

  seconds(now: number): number {
    return (now - this.started) / 1000
  }

  /** The time in which no statement ran. */
  idleSeconds(now: number): number {
    return (this.#idle + (this.#running === 0 ? now - this.#idleSince : 0)) / 1000
  }

  /** Adds the seconds since the last call to the account of the caller's scope. */
  account(now: number): void {
    const { account } = this.caller
    const seconds = this.seconds(now)
    const idle = this.idleSeconds(now)
    account.add('transaction', seconds - this.#accounted)
    account.add('transactionIdle', idle - this.#accountedIdle)
    this.#accounted = seconds
    this.#accountedIdle = idle
  }
}
