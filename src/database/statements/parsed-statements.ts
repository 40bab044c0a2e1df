import type { Instruments } from '../../metrics/instruments.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import type { ModelNames, NameRules } from '../model-names.ts'
import type { RowCounter, RowCounters } from './row-counters.ts'
import { readStatement, type Statement } from '../sql/statement.ts'
import { splitTrailingComment } from '../sql/trailing-comment.ts'
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
  /** Of an upsert: the counters of rows that are known to be inserted, and of those updated. */
  readonly upserted?: Readonly<Record<'insert' | 'update', RowCounter>> | undefined
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

  constructor(sql: string, provider: string, makeSeries: () => StatementSeries) {
    this.control = readTransactionControl(sql, provider)
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
  #rules: NameRules

  constructor({ instruments, models, rows }: SeriesSources, provider: string) {
    this.#instruments = instruments
    this.#models = models
    this.#rows = rows
    this.#provider = provider
    this.#modelsVersion = models.version
    // https://sqlite.org/lang_keywords.html; SQL Server's default collations ignore case.
    const ignoresCase = provider === 'sqlite' || provider === 'sqlserver'
    this.#rules = { defaultSchema: undefined, ignoresCase }
  }

  /** Sets the schema of names without one. Call it before the first statement. */
  useDefaultSchema(defaultSchema: string | undefined): void {
    this.#useRules({ ...this.#rules, defaultSchema })
  }

  /** For MySQL servers whose `lower_case_table_names` is not 0. */
  ignoreCase(): void {
    this.#useRules({ ...this.#rules, ignoresCase: true })
  }

  /** The statement of a SQL text. */
  of(text: string): ParsedStatement {
    // A comment that changes with each statement (`traceparent`) would make each text a new one.
    const [sql] = splitTrailingComment(text)
    if (this.#modelsVersion !== this.#models.version) {
      this.#modelsVersion = this.#models.version
      this.#cache.clear()
    }
    let statement = this.#cache.get(sql)
    if (statement === undefined) {
      statement = new ParsedText(sql, this.#provider, () => this.#seriesOf(sql))
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
        upserted: upsert
          ? { insert: this.#rows.of(model, 'insert'), update: this.#rows.of(model, 'update') }
          : undefined,
      },
    }
  }

  #useRules(rules: NameRules): void {
    const { defaultSchema, ignoresCase } = this.#rules
    if (rules.defaultSchema === defaultSchema && rules.ignoresCase === ignoresCase) return
    this.#rules = rules
    this.#cache.clear()
  }

  #seriesOf(sql: string): StatementSeries {
    const { verb, table, schema, upsert } = readStatement(sql, this.#provider)
    const model = table === undefined ? undefined : this.#models.resolve(table, schema, this.#rules)
    return this.known(model ?? rawModel, verb, upsert).series
  }
}
