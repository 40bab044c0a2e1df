import type { Instruments } from '../../metrics/instruments.ts'
import { Counter } from '../../metrics/counter.ts'
import { Gauge } from '../../metrics/gauge.ts'
import { Histogram } from '../../metrics/histogram.ts'
import type { SavepointOutcome } from './savepoints.ts'

export type TransactionOutcome = 'commit' | 'rollback'

/** Where the transactions of one client are recorded. */
export interface TransactionSeries {
  readonly inFlight: Gauge
  readonly wait: Histogram
  readonly duration: Readonly<Record<TransactionOutcome, Histogram>>
  readonly savepoints: Readonly<Record<SavepointOutcome, Counter>>
}

/** Has the series exposed at 0, so that rate() sees the first transaction. */
export function transactionSeries(instruments: Instruments): TransactionSeries {
  const { transactionsInFlight, transactionWait, transactionDuration, savepoints } = instruments
  return {
    inFlight: transactionsInFlight.with(),
    wait: transactionWait.with(),
    duration: {
      commit: transactionDuration.with('commit'),
      rollback: transactionDuration.with('rollback'),
    },
    savepoints: {
      released: savepoints.with('released'),
      rolled_back: savepoints.with('rolled_back'),
    },
  }
}

/** Where transactions are recorded that nobody is to see: of no registry. */
export const unseenTransactions: TransactionSeries = {
  inFlight: new Gauge([]),
  wait: new Histogram([], []),
  duration: { commit: new Histogram([], []), rollback: new Histogram([], []) },
  savepoints: { released: new Counter([]), rolled_back: new Counter([]) },
}
