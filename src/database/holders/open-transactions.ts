import type { Histogram } from '../../metrics/histogram.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import { HeldTransaction, type TransactionCaller } from './held-transaction.ts'

/** Follows the transactions of a client. */
export interface TransactionListener {
  begun(transaction: HeldTransaction): void
  ended(transaction: HeldTransaction): void
}

/** The open transactions of one client, the oldest first. */
export class OpenTransactions {
  readonly #idle: Histogram
  readonly #open = new Set<HeldTransaction>()
  listener: TransactionListener | undefined

  constructor(instruments: Instruments) {
    const { transactionIdle, transactionOldest } = instruments
    const { scopeTransaction, scopeTransactionIdle } = instruments
    this.#idle = transactionIdle.with()
    const account = (): void => this.#account()
    scopeTransaction.beforeCollect(account)
    scopeTransactionIdle.beforeCollect(account)
    transactionOldest.with()
    transactionOldest.beforeCollect(() => transactionOldest.with().set(this.#oldestSeconds))
  }

  get size(): number {
    return this.#open.size
  }

  [Symbol.iterator](): IterableIterator<HeldTransaction> {
    return this.#open.values()
  }

  begin(caller: TransactionCaller): HeldTransaction {
    const transaction = new HeldTransaction(caller, (ended) => this.#end(ended))
    this.#open.add(transaction)
    this.listener?.begun(transaction)
    return transaction
  }

  #end(transaction: HeldTransaction): void {
    if (!this.#open.delete(transaction)) return
    const now = performance.now()
    this.#idle.observe(transaction.idleSeconds(now))
    transaction.account(now)
    this.listener?.ended(transaction)
  }

  get #oldestSeconds(): number {
    const [oldest] = this.#open
    return oldest === undefined ? 0 : oldest.seconds(performance.now())
  }

  /** A leaked transaction never ends: the time that it has held its connection is counted as it passes. */
  #account(): void {
    const now = performance.now()
    for (const transaction of this.#open) {
      transaction.account(now)
      transaction.caller.account.flush()
    }
  }
}
