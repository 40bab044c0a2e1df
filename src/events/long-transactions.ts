import type { HeldTransaction } from '../database/holders/held-transaction.ts'
import type { OpenTransactions } from '../database/holders/open-transactions.ts'
import { unknownScope } from '../database/holders/scope-account.ts'
import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import { guardedCallback } from './guarded-callback.ts'
import type { LongTransaction, LongTransactionSettings } from './long-transaction-options.ts'
import { describeOpen } from './open-transaction.ts'

interface LongTransactionSinks {
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly openTransactions: OpenTransactions
}

/** In milliseconds. A timer that is later than this was delayed by a blocked event loop. */
const lateness = 100

/** Counts and reports each long transaction once, while it is open. One timer serves all of them. */
export class LongTransactions {
  readonly #sinks: LongTransactionSinks
  readonly #milliseconds: number
  readonly #onLong: ((transaction: LongTransaction) => void) | undefined
  /** The open transactions that were not reported, the oldest first. */
  readonly #waiting = new Set<HeldTransaction>()
  #timer: NodeJS.Timeout | undefined
  /** When the timer is due, a reading of `performance.now()`. */
  #due = 0
  /** In milliseconds. */
  #delay = 0

  constructor(sinks: LongTransactionSinks, { seconds, onLong }: LongTransactionSettings) {
    const { instruments, errorReporter, openTransactions } = sinks
    this.#sinks = sinks
    this.#milliseconds = seconds * 1000
    this.#onLong = guardedCallback(instruments, errorReporter, 'onLong', onLong)
    openTransactions.listener = {
      begun: (transaction) => this.#begun(transaction),
      ended: (transaction) => this.#ended(transaction),
    }
  }

  dispose(): void {
    this.#sinks.openTransactions.listener = undefined
    this.#waiting.clear()
    this.#stop()
  }

  #begun(transaction: HeldTransaction): void {
    this.#waiting.add(transaction)
    if (this.#timer === undefined) this.#startAt(transaction.started + this.#milliseconds)
  }

  #ended(transaction: HeldTransaction): void {
    this.#waiting.delete(transaction)
    if (this.#waiting.size === 0) this.#stop()
  }

  #startAt(due: number): void {
    this.#due = due
    const delay = Math.max(0, Math.ceil(due - performance.now()))
    this.#timer = setTimeout(() => this.#sinks.errorReporter.guard(() => this.#check()), delay)
    this.#timer.unref()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#delay = 0
  }

  #check(): void {
    this.#timer = undefined
    const now = performance.now()
    const late = now - this.#due
    // The answers to statements may be waiting behind a blocked event loop: they are read first.
    if (late > lateness) {
      this.#delay += late
      return this.#startAt(now + lateness)
    }
    const delay = this.#delay
    this.#delay = 0
    for (const transaction of this.#waiting) {
      const due = transaction.started + this.#milliseconds
      if (due > now) return this.#startAt(due)
      this.#waiting.delete(transaction)
      this.#report(transaction, delay / 1000)
    }
  }

  #report(transaction: HeldTransaction, eventLoopDelaySeconds: number): void {
    const scope = transaction.caller.account.name ?? unknownScope
    this.#sinks.instruments.longTransactions.with(scope).inc()
    this.#onLong?.({ ...describeOpen(transaction), eventLoopDelaySeconds })
  }
}
