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

  /** @param open creates the scope of an invocation. */
  constructor(surrounding: TransactionScope | undefined, open: () => TransactionScope) {
    this.surrounding = surrounding
    this.#open = open
  }

  /** Starts an invocation of the callback. */
  begin(): Attempt {
    const attempt = { scope: this.#open(), resolved: false, outcome: undefined }
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
        return
      }
    }
  }

  /** Ends the call. An invocation that is still running after a success ends by itself. */
  end(succeeded: boolean): void {
    this.#end = succeeded ? 'commit' : 'rollback'
    for (const attempt of this.#attempts) {
      const assumed = attempt === this.#last ? this.#end : 'rollback'
      if (attempt.resolved || !succeeded) this.#finish(attempt, attempt.outcome ?? assumed)
    }
  }

  #finish(attempt: Attempt, outcome: Outcome): void {
    this.#attempts.delete(attempt)
    attempt.scope.end(outcome === 'commit')
  }
}
