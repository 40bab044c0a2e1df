import type { Instruments } from '../../metrics/instruments.ts'
import type { Counter } from '../../metrics/counter.ts'
import type { TransactionOutcome } from './transaction-series.ts'

const rowActions = ['insert', 'update', 'delete', 'upsert'] as const

export type RowAction = (typeof rowActions)[number]

/** A scope, or the scopes that share a statement, as the statement layer knows it. */
export interface StatementScope {
  /** Counts rows that a statement of the scope wrote. */
  wrote(action: RowAction, outcome: TransactionOutcome, rows: number): void
}

/** The counters of one model and action. */
export interface RowCounter {
  readonly action: RowAction
  readonly committed: Counter
  readonly rolledBack: Counter
  /** Rows of a COMMIT whose answer was lost: rare, so its series is not exposed before the first one. */
  readonly unknown: Counter
}

type ModelRows = Readonly<Record<RowAction, RowCounter>>

/** Counts rows of a transaction with this outcome, also for the scope that wrote them. */
export function countRows(
  counter: RowCounter,
  outcome: TransactionOutcome,
  rows: number,
  scope: StatementScope | undefined,
): void {
  if (outcome === 'commit') counter.committed.inc(rows)
  else if (outcome === 'rollback') counter.rolledBack.inc(rows)
  else counter.unknown.inc(rows)
  scope?.wrote(counter.action, outcome, rows)
}

/** The row counters of one client, by model and action. */
export class RowCounters {
  readonly #instruments: Instruments
  readonly #maxModels: number
  readonly #models = new Map<string, ModelRows>()

  constructor(instruments: Instruments, maxModels: number) {
    this.#instruments = instruments
    this.#maxModels = maxModels
  }

  of(model: string, action: RowAction): RowCounter {
    return this.ofModel(model)[action]
  }

  /** The counters of a model, which this call exposes at 0. */
  ofModel(model: string): ModelRows {
    let rows = this.#models.get(model)
    if (rows === undefined) {
      const { modelInserts, modelUpdates, modelDeletes, modelUpserts } = this.#instruments
      const { rolledBackRows, unknownRows } = this.#instruments
      const counter = (committed: Counter, action: RowAction): RowCounter => ({
        action,
        committed,
        get rolledBack() {
          return rolledBackRows.with(model, action)
        },
        get unknown() {
          return unknownRows.with(model, action)
        },
      })
      for (const action of rowActions) rolledBackRows.expose(model, action)
      rows = {
        insert: counter(modelInserts.with(model), 'insert'),
        update: counter(modelUpdates.with(model), 'update'),
        delete: counter(modelDeletes.with(model), 'delete'),
        upsert: counter(modelUpserts.with(model), 'upsert'),
      }
      if (this.#models.size < this.#maxModels) this.#models.set(model, rows)
    }
    return rows
  }
}
