import type { HeldTransaction, TransactionCaller } from '../../database/holders/held-transaction.ts'
import type { OpenTransactions } from '../../database/holders/open-transactions.ts'
import type { InteractiveCall } from '../../database/operations/interactive-call.ts'
import type { OperationWaits, Waiter } from '../../database/operations/operation-waits.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import type { ScopeAttribution } from '../../database/statements/scope-attribution.ts'
import type { TransactionOpener } from '../../database/statements/transaction-recorder.ts'
import type { Suppression } from '../../database/suppression.ts'

/** The code that sends a BEGIN. */
export interface TransactionOpening {
  /** Undefined unless it is a call of an interactive transaction. */
  readonly call: InteractiveCall | undefined
  readonly caller: TransactionCaller
  /** Undefined unless the scope of all statements of the transaction is known for certain. */
  readonly opener: TransactionOpener | undefined
  /** Undefined if the wait for a connection is not visible. */
  readonly waiter: Waiter | undefined
}

interface Parts {
  readonly transactions: TransactionScopes
  readonly openTransactions: OpenTransactions
  readonly scopes: ScopeAttribution
  readonly waits: OperationWaits
  readonly suppression: Suppression
}

/** Finds the code that opens a transaction, and keeps the transactions that have begun. */
export class TransactionOpenings {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * The running code, which sends a BEGIN.
   *
   * @param showsWaits whether its wait for a connection is visible.
   */
  opening(showsWaits: boolean): TransactionOpening {
    const { transactions, scopes } = this.#parts
    const { call } = transactions
    const caller = call?.caller ?? { account: scopes.accountOfStatement() }
    const opener = call && { scope: scopes.ofCaller() }
    const waiter = showsWaits ? this.#waiter(call, caller) : undefined
    return { call, caller, opener, waiter }
  }

  /** Returns the transaction, from its BEGIN on; undefined if it is suppressed. */
  begun({ call, caller }: TransactionOpening): HeldTransaction | undefined {
    const { openTransactions, suppression } = this.#parts
    if (suppression.active) return undefined
    const held = openTransactions.begin(caller)
    call?.transactionBegun(held)
    return held
  }

  #waiter(call: InteractiveCall | undefined, { account }: TransactionCaller): Waiter {
    const { waits } = this.#parts
    if (call !== undefined) return waits.of('$transaction', 'begin', account)
    return waits.ofTransaction() ?? waits.shared(account)
  }
}
