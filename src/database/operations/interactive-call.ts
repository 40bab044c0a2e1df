import type { HeldTransaction, TransactionCaller } from '../holders/held-transaction.ts'
import type { TransactionFailed } from './transaction-errors.ts'
import type { TransactionScope } from './transaction-scope.ts'

type Outcome = 'commit' | 'rollback'

/** One invocation of the callback, in a transaction of its own. */
interface Attempt {
  readonly scope: TransactionScope
  /** True once the callback has resolved. */
  resolved: boolean
  /** The database's answer; undefined until it is known. */
  outcome: Outcome | undefined
}

/**
 * One call of `$transaction(callback)`. A wrapper beneath the instrumentation, such as a retry, can run
 * the callback several times. Each invocation has a scope of its own, which ends as its transaction does:
 * by the database's answer to COMMIT if the statement layer reports it, otherwise by the last invocation
 * sharing the fate of the call and every earlier one being a failed attempt.
 */
export class InteractiveCall {
  readonly kind = 'call'
  /** The scope around the call, which code between the call and its callback belongs to. */
  readonly surrounding: TransactionScope | undefined
  readonly #open: () => TransactionScope
  readonly #attempts = new Set<Attempt>()
  #last: Attempt | undefined
  /** Rejected attempts whose ROLLBACK has not been reported. */
  #rejected = 0
  #end: Outcome | undefined
  readonly caller: TransactionCaller
  readonly #failed: TransactionFailed
  /** The transaction that has begun last, until the callback is invoked in it. */
  #begun: HeldTransaction | undefined
  /** The scope of the next invocation, if its BEGIN has been sent. */
  #next: TransactionScope | undefined

  /**
   * @param open creates the scope of an invocation.
   * @param failed receives the failures of the transactions themselves.
   */
  constructor(
    surrounding: TransactionScope | undefined,
    open: () => TransactionScope,
    caller: TransactionCaller,
    failed: TransactionFailed,
  ) {
    this.surrounding = surrounding
    this.#open = open
    this.caller = caller
    this.#failed = failed
  }

  /** Records that a transaction of the call has begun. */
  transactionBegun(transaction: HeldTransaction): void {
    this.#begun = transaction
  }

  /** Returns the scope of the invocation whose BEGIN is being sent, for a connection that follows it. */
  beginning(): TransactionScope {
    if (this.#next === undefined) {
      this.#next = this.#open()
      this.#next.caller = this.caller
    }
    return this.#next
  }

  /** Starts an invocation of the callback. */
  begin(): Attempt {
    const scope = this.#next ?? this.#open()
    this.#next = undefined
    scope.held ??= this.#begun
    this.#begun = undefined
    const attempt = { scope, resolved: false, outcome: undefined }
    this.#attempts.add(attempt)
    this.#last = attempt
    return attempt
  }

  /** Records that the callback has settled. */
  settled(attempt: Attempt, resolved: boolean): void {
    if (!this.#attempts.has(attempt)) return
    attempt.resolved = resolved
    if (!resolved) {
      if (attempt.outcome === undefined) this.#rejected += 1
      this.#finish(attempt, 'rollback')
    } else if (this.#end !== undefined) this.#finish(attempt, attempt.outcome ?? this.#end)
  }

  /** Records the database's answer to the COMMIT or ROLLBACK of one of the call's transactions. */
  transactionEnded(outcome: Outcome | 'refused'): void {
    if (outcome === 'rollback' && this.#rejected > 0) {
      this.#rejected -= 1
      return
    }
    for (const attempt of this.#attempts) {
      // Prisma rolls back a running attempt that has timed out; it commits only a resolved one.
      if (attempt.outcome === undefined && (attempt.resolved || outcome === 'rollback')) {
        attempt.outcome = outcome === 'commit' ? 'commit' : 'rollback'
        if (!attempt.resolved) {
          attempt.scope.timedOut = true
          this.#failed('callback', undefined)
        }
        return
      }
    }
  }

  /** Ends the call. An invocation that is still running after a success ends by itself. */
  end(succeeded: boolean, error?: unknown): void {
    this.#end = succeeded ? 'commit' : 'rollback'
    if (!succeeded) this.#countFailure(error)
    for (const attempt of this.#attempts) {
      const assumed = attempt === this.#last ? this.#end : 'rollback'
      if (attempt.resolved || !succeeded) this.#finish(attempt, attempt.outcome ?? assumed)
    }
  }

  /** An error of the callback itself is not one of the transaction. */
  #countFailure(error: unknown): void {
    const last = this.#last
    if (hasTimedOut(last?.scope ?? this.surrounding)) return
    if (last === undefined) this.#failed('begin', error)
    else if (last.resolved) this.#failed('commit', error)
  }

  #finish(attempt: Attempt, outcome: Outcome): void {
    this.#attempts.delete(attempt)
    attempt.scope.end(outcome === 'commit')
  }
}

/** True if the transaction, or the one that it is a savepoint of, has timed out. */
function hasTimedOut(scope: TransactionScope | undefined): boolean {
  return scope !== undefined && (scope.timedOut || hasTimedOut(scope.outer))
}
