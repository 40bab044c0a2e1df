import type { Waiter, WaitingOperation } from '../../database/operations/operation-waits.ts'
import type { AcquireWait } from '../../database/pool/acquire-wait.ts'

/** Attributes the waits of the statement layer. */
export interface StatementWaits {
  /** The code whose statement is being sent; `known` is its operation, if the statement names it. */
  ofStatement(known: WaitingOperation | undefined): Waiter
  /** Counts a wait; times by `performance.now()`. */
  waited(waiter: Waiter, from: number, until: number): void
}

/** Counts the wait that began at `started`; returns its end, undefined if there was no connection. */
export function settledWait(
  waits: StatementWaits,
  waiter: Waiter,
  { requested, acquired }: AcquireWait,
  started: number,
): number | undefined {
  if (!requested) return started
  waits.waited(waiter, started, acquired ?? performance.now())
  return acquired
}
