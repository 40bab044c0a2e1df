import type { Instruments } from '../../metrics/instruments.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import type { SqlDriverAdapter } from '../driver-adapter.ts'
import { defaultSchema } from './default-schema.ts'
import type { ModelNames } from '../model-names.ts'
import type { RowCounter, RowCounters } from './row-counters.ts'
import { readStatement } from '../sql/statement.ts'
import { StatementCache } from './statement-cache.ts'
import { readTransactionControl, type TransactionControl } from '../sql/transaction-control.ts'

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

/** What is known of a SQL text. */
export class StatementText {
  /** Undefined where it does not control the transaction it runs in. */
  readonly control: TransactionControl | undefined
  readonly #makeSeries: () => StatementSeries
  #series: StatementSeries | undefined

  constructor(sql: string, makeSeries: () => StatementSeries) {
    this.control = readTransactionControl(sql)
    this.#makeSeries = makeSeries
  }

  /** Made where it is asked for: what controls a transaction is no statement of it. */
  get series(): StatementSeries {
    return (this.#series ??= this.#makeSeries())
  }
}

/** Remembers what was read of SQL texts. */
export class StatementTexts {
  readonly #instruments: Instruments
  readonly #models: ModelNames
  readonly #rows: RowCounters
  readonly #provider: string
  readonly #texts = new StatementCache<StatementText>()
  #modelsVersion: number
  #home: string | undefined

  constructor({ instruments, models, rows }: SeriesSources, provider: string) {
    this.#instruments = instruments
    this.#models = models
    this.#rows = rows
    this.#provider = provider
    this.#modelsVersion = models.version
  }

  /** To be called before an adapter sends the first of its texts. */
  sentBy(adapter: SqlDriverAdapter): void {
    const home = defaultSchema(adapter)
    if (home !== this.#home) this.#texts.clear()
    this.#home = home
  }

  of(sql: string): StatementText {
    if (this.#modelsVersion !== this.#models.version) {
      this.#modelsVersion = this.#models.version
      this.#texts.clear()
    }
    let text = this.#texts.get(sql)
    if (text === undefined) {
      text = new StatementText(sql, () => this.#seriesOf(sql))
      this.#texts.set(sql, text)
    }
    return text
  }

  #seriesOf(sql: string): StatementSeries {
    const { verb, table, schema, upsert } = readStatement(sql, this.#provider)
    const model = table === undefined ? rawModel : this.#models.resolve(table, schema, this.#home)
    const writes = verb === 'insert' || verb === 'update' || verb === 'delete'
    return {
      duration: this.#instruments.statementDuration.with(model, verb),
      rows: writes ? this.#rows.of(model, upsert ? 'upsert' : verb) : undefined,
      insert: verb === 'insert',
    }
  }
}
