import type { Instruments } from '../../metrics/instruments.ts'
import { Counter } from '../../metrics/counter.ts'
import { Gauge } from '../../metrics/gauge.ts'
import { Histogram } from '../../metrics/histogram.ts'
import type { SavepointOutcome } from './savepoints.ts'

/** `unknown`: a COMMIT was sent, and its answer was lost. */
export type TransactionOutcome = 'commit' | 'rollback' | 'unknown'

/** The series that the transactions of one client are recorded in. */
export interface TransactionSeries {
  readonly inFlight: Gauge
  readonly wait: Histogram
  readonly duration: Readonly<Record<TransactionOutcome, Histogram>>
  readonly savepoints: Readonly<Record<SavepointOutcome, Counter>>
}

/** Makes the series, which exposes all but `unknown` at 0: rate() sees the first transaction. */
export function transactionSeries(instruments: Instruments): TransactionSeries {
  const { transactionsInFlight, transactionWait, transactionDuration, savepoints } = instruments
  return {
    inFlight: transactionsInFlight.with(),
    wait: transactionWait.with(),
    duration: {
      commit: transactionDuration.with('commit'),
      rollback: transactionDuration.with('rollback'),
      get unknown() {
        return transactionDuration.with('unknown')
      },
    },
    savepoints: {
      released: savepoints.with('released'),
      rolled_back: savepoints.with('rolled_back'),
    },
  }
}

const discarded = new Histogram([], [])

/** Series outside every registry, for suppressed transactions. */
export const discardedTransactions: TransactionSeries = {
  inFlight: new Gauge([]),
  wait: discarded,
  duration: { commit: discarded, rollback: discarded, unknown: discarded },
  savepoints: { released: new Counter([]), rolled_back: new Counter([]) },
}
