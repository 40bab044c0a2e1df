import type { Instruments } from '../../metrics/instruments.ts'
import type { Counter } from '../../metrics/counter.ts'

export type RowAction = 'insert' | 'update' | 'delete' | 'upsert'

/** Where the rows of one model and action end up, once it is known whether they stay. */
export interface RowCounter {
  readonly committed: Counter
  readonly rolledBack: Counter
}

type ModelRows = Readonly<Record<RowAction, RowCounter>>

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

  /** The counters of a model. Calling it is enough to have them exposed at 0. */
  ofModel(model: string): ModelRows {
    let rows = this.#models.get(model)
    if (rows === undefined) {
      const { modelInserts, modelUpdates, modelDeletes, modelUpserts, rolledBackRows } =
        this.#instruments
      const pair = (committed: Counter, action: RowAction): RowCounter => ({
        committed,
        rolledBack: rolledBackRows.with(model, action),
      })
      rows = {
        insert: pair(modelInserts.with(model), 'insert'),
        update: pair(modelUpdates.with(model), 'update'),
        delete: pair(modelDeletes.with(model), 'delete'),
        upsert: pair(modelUpserts.with(model), 'upsert'),
      }
      if (this.#models.size < this.#maxModels) this.#models.set(model, rows)
    }
    return rows
  }
}
