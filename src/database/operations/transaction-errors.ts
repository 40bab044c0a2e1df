import type { TransactionCaller } from '../holders/held-transaction.ts'
import type { Instruments } from '../../metrics/instruments.ts'

/** The part of an interactive transaction that failed: the `phase` label. */
export type TransactionPhase = 'begin' | 'callback' | 'commit'

/** Counts the failure of a transaction. A timeout of the callback has no error. */
export type TransactionFailed = (phase: TransactionPhase, error?: unknown) => void

/** Follows the calls that open a transaction. */
export interface TransactionCallObserver {
  /** Returns the caller; `method` is the function that it called. */
  readonly caller: (method: Function) => TransactionCaller
  readonly failed: TransactionFailed
}

/** Failures that are known before the first one. */
export type KnownFailures = readonly (readonly [code: string, phase: TransactionPhase])[]

/** Prisma 7's code of a transaction that found no connection, or that timed out. */
const timeout = 'P2028'

/** Returns a function that counts the failures of transactions themselves. */
export function transactionErrors(
  { transactionErrors: errors }: Instruments,
  errorCode: (error: unknown) => string,
): TransactionFailed {
  return (phase, error) => {
    errors.with(phase === 'callback' ? timeout : errorCode(error), phase).inc()
  }
}

/** Exposes known failures at 0, so that the first one is visible to `increase`. */
export function exposeTransactionErrors(
  { transactionErrors: errors }: Instruments,
  known: KnownFailures,
): void {
  for (const [code, phase] of known) errors.with(code, phase)
}
