import type { Instruments } from '../../metrics/instruments.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import type { ModelNames } from '../model-names.ts'
import type { RowCounter, RowCounters } from './row-counters.ts'
import { readStatement, type Statement } from '../sql/statement.ts'
import { StatementCache } from './statement-cache.ts'
import { readTransactionControl, type TransactionControl } from '../sql/transaction-control.ts'

/** The model label of SQL whose table is ambiguous. No Prisma model can have this name. */
export const rawModel = '$raw'

/** The series that one statement is recorded in. */
export interface StatementSeries {
  readonly duration: Histogram
  /** Undefined for statements that write no rows. */
  readonly rows: RowCounter | undefined
  readonly insert: boolean
}

/** A statement with its series. */
export interface ParsedStatement {
  /** Undefined for statements that do not control their transaction. */
  readonly control: TransactionControl | undefined
  readonly series: StatementSeries
}

interface SeriesSources {
  readonly instruments: Instruments
  readonly models: ModelNames
  readonly rows: RowCounters
}

/** A statement read from its SQL text. */
class ParsedText implements ParsedStatement {
  readonly control: TransactionControl | undefined
  readonly #makeSeries: () => StatementSeries
  #series: StatementSeries | undefined

  constructor(sql: string, makeSeries: () => StatementSeries) {
    this.control = readTransactionControl(sql)
    this.#makeSeries = makeSeries
  }

  /** Made at its first use: a statement that controls its transaction is not recorded as a statement. */
  get series(): StatementSeries {
    return (this.#series ??= this.#makeSeries())
  }
}

/** Reads SQL texts and remembers the result. */
export class ParsedStatements {
  readonly #instruments: Instruments
  readonly #models: ModelNames
  readonly #rows: RowCounters
  readonly #provider: string
  readonly #cache = new StatementCache<ParsedStatement>()
  #modelsVersion: number
  #defaultSchema: string | undefined

  constructor({ instruments, models, rows }: SeriesSources, provider: string) {
    this.#instruments = instruments
    this.#models = models
    this.#rows = rows
    this.#provider = provider
    this.#modelsVersion = models.version
  }

  /** Sets the schema of tables that are written without one. Call it before the first statement. */
  useDefaultSchema(schema: string | undefined): void {
    if (schema !== this.#defaultSchema) this.#cache.clear()
    this.#defaultSchema = schema
  }

  /** The statement of a SQL text. */
  of(sql: string): ParsedStatement {
    if (this.#modelsVersion !== this.#models.version) {
      this.#modelsVersion = this.#models.version
      this.#cache.clear()
    }
    let statement = this.#cache.get(sql)
    if (statement === undefined) {
      statement = new ParsedText(sql, () => this.#seriesOf(sql))
      this.#cache.set(sql, statement)
    }
    return statement
  }

  /** A statement whose model and verb are known without reading its text. Keep it. */
  known(model: string, verb: Statement['verb'], upsert = false): ParsedStatement {
    const writes = verb === 'insert' || verb === 'update' || verb === 'delete'
    return {
      control: undefined,
      series: {
        duration: this.#instruments.statementDuration.with(model, verb),
        rows: writes ? this.#rows.of(model, upsert ? 'upsert' : verb) : undefined,
        insert: verb === 'insert',
      },
    }
  }

  #seriesOf(sql: string): StatementSeries {
    const { verb, table, schema, upsert } = readStatement(sql, this.#provider)
    const model =
      table === undefined ? rawModel : this.#models.resolve(table, schema, this.#defaultSchema)
    return this.known(model, verb, upsert).series
  }
}
