import type { Instruments } from '../instruments.ts'
import type { Histogram } from '../series/histogram.ts'
import type { ModelNames } from './model-names.ts'
import type { RowCounter, RowCounters } from './rows.ts'
import { readStatement } from './statement.ts'

/** The model label of SQL whose table cannot be told. No Prisma model can be called that. */
export const rawModel = '$raw'

/** Where the statements of one text are recorded. */
export interface StatementSeries {
  readonly duration: Histogram
  /** Undefined for statements that write no rows. */
  readonly rows: RowCounter | undefined
  readonly insert: boolean
}

interface SeriesSources {
  readonly instruments: Instruments
  readonly models: ModelNames
  readonly rows: RowCounters
}

// Prisma's texts vary with the number of parameters, so the memory of texts has two generations of
// bounded size: what was used lately stays, what was not goes.
const generationSize = 500
const longestText = 4096

/** Finds the series of a SQL text. */
export class StatementSeriesCache {
  readonly #instruments: Instruments
  readonly #models: ModelNames
  readonly #rows: RowCounters
  readonly #provider: string
  #young = new Map<string, StatementSeries>()
  #old = new Map<string, StatementSeries>()

  constructor({ instruments, models, rows }: SeriesSources, provider: string) {
    this.#instruments = instruments
    this.#models = models
    this.#rows = rows
    this.#provider = provider
    models.onLearn(() => {
      this.#young.clear()
      this.#old.clear()
    })
  }

  of(sql: string): StatementSeries {
    const known = this.#young.get(sql)
    if (known !== undefined) return known
    const series = this.#old.get(sql) ?? this.#read(sql)
    if (sql.length <= longestText) {
      if (this.#young.size >= generationSize) {
        this.#old = this.#young
        this.#young = new Map()
      }
      this.#young.set(sql, series)
    }
    return series
  }

  #read(sql: string): StatementSeries {
    const { verb, table, schema, upsert } = readStatement(sql, this.#provider)
    const model = table === undefined ? rawModel : this.#models.resolve(table, schema)
    const writes = verb === 'insert' || verb === 'update' || verb === 'delete'
    return {
      duration: this.#instruments.statementDuration.with(model, verb),
      rows: writes ? this.#rows.of(model, upsert ? 'upsert' : verb) : undefined,
      insert: verb === 'insert',
    }
  }
}
