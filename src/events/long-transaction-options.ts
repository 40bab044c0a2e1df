import { longestTimer } from '../support/timer.ts'
import { expectThat, readOptions } from '../support/validate.ts'
import type { OpenTransaction } from './open-transaction.ts'

/** A transaction that was open for `longTransaction.seconds`, and still is. */
export interface LongTransaction extends OpenTransaction {
  /** The time by which a blocked event loop has delayed this report. The transaction was not to blame for it. */
  readonly eventLoopDelaySeconds: number
}

/** Settings of long transaction detection. */
export interface LongTransactionOptions {
  /** Minimum age of a long transaction, in seconds. */
  readonly seconds: number
  /** Called once with each long transaction while it is open. Its errors are reported to `onError`. */
  readonly onLong?: (transaction: LongTransaction) => unknown
}

export interface LongTransactionSettings {
  readonly seconds: number
  readonly onLong: ((transaction: LongTransaction) => unknown) | undefined
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveLongTransaction(
  options: LongTransactionOptions | undefined,
): LongTransactionSettings | undefined {
  if (options === undefined) return undefined
  const known = { seconds: true, onLong: true } as const
  const { seconds, onLong } = readOptions('longTransaction', options, known)
  expectThat(
    'longTransaction.seconds',
    typeof seconds === 'number' && seconds > 0 && seconds <= longestTimer,
    `a number of seconds above 0 and at most ${longestTimer}`,
    seconds,
  )
  expectThat(
    'longTransaction.onLong',
    onLong === undefined || typeof onLong === 'function',
    'a function',
    onLong,
  )
  return { seconds, onLong }
}
