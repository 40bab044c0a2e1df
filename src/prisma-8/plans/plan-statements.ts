import type { ModelNames } from '../../database/model-names.ts'
import { readStatement, type Statement } from '../../database/sql/statement.ts'
import {
  type ParsedStatement,
  type ParsedStatements,
  rawModel,
} from '../../database/statements/parsed-statements.ts'
import { StatementCache } from '../../database/statements/statement-cache.ts'
import { modelOfTable } from './contract-models.ts'
import type { ExecutionPlan, QueryAst, TableSource } from './plan.ts'

const verbs: Readonly<Record<string, Statement['verb']>> = {
  select: 'select',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
}

type Action = Statement['verb'] | 'upsert'

/** The statement of one of several tables that have the same name. */
interface TableStatement {
  readonly namespace: string | undefined
  readonly statement: ParsedStatement
}

export function isRaw({ kind }: QueryAst): boolean {
  return kind === 'raw-query'
}

/** True for an INSERT that updates the row that it conflicts with. */
export function isUpsert({ kind, onConflict }: QueryAst): boolean {
  return kind === 'insert' && onConflict?.action.kind === 'do-update-set'
}

/** The table that a plan writes, or reads first; undefined for raw SQL. */
export function tableOf({ table, from }: QueryAst): TableSource | undefined {
  const source = table ?? from
  if (source?.query !== undefined) return tableOf(source.query)
  return source?.kind === 'table-source' && source.name !== undefined ? source : undefined
}

/** Finds the series of a statement by its plan, or by its text without one. */
export class PlanStatements {
  readonly #texts: ParsedStatements
  readonly #models: ModelNames
  readonly #provider: string
  /** By action, then by the table's name: a key made of them would be a new string for each statement. */
  readonly #byTable = new Map<Action, Map<string | undefined, TableStatement[]>>()
  readonly #unplanned = new StatementCache<ParsedStatement>()
  #modelsVersion: number

  constructor(texts: ParsedStatements, models: ModelNames, provider: string) {
    this.#texts = texts
    this.#models = models
    this.#provider = provider
    this.#modelsVersion = models.version
  }

  /** @param plan undefined for a statement without a plan of Prisma, whose model is `$raw`. */
  of(sql: string, plan: ExecutionPlan | undefined): ParsedStatement {
    if (plan === undefined) return this.#ofUnplanned(sql)
    return isRaw(plan.ast) ? this.#texts.of(sql) : this.#ofAst(plan.ast)
  }

  #ofAst(ast: QueryAst): ParsedStatement {
    const action = isUpsert(ast) ? 'upsert' : (verbs[ast.kind] ?? 'other')
    return this.#ofTable(tableOf(ast), action)
  }

  #ofTable(source: TableSource | undefined, action: Action): ParsedStatement {
    if (this.#modelsVersion !== this.#models.version) {
      this.#modelsVersion = this.#models.version
      this.#byTable.clear()
    }
    let tables = this.#byTable.get(action)
    if (tables === undefined) this.#byTable.set(action, (tables = new Map()))
    let namesakes = tables.get(source?.name)
    if (namesakes === undefined) tables.set(source?.name, (namesakes = []))
    for (const { namespace, statement } of namesakes)
      if (namespace === source?.namespaceId) return statement
    const upsert = action === 'upsert'
    const verb = upsert ? 'insert' : action
    const statement = this.#texts.known(this.#modelOf(source), verb, upsert)
    namesakes.push({ namespace: source?.namespaceId, statement })
    return statement
  }

  #modelOf(source: TableSource | undefined): string {
    return (source && modelOfTable(source, this.#models)) ?? rawModel
  }

  #ofUnplanned(sql: string): ParsedStatement {
    let statement = this.#unplanned.get(sql)
    if (statement === undefined) {
      const { control } = this.#texts.of(sql)
      const { verb, upsert } = readStatement(sql, this.#provider)
      const { series } = this.#texts.known(rawModel, verb, upsert)
      statement = { control, series }
      this.#unplanned.set(sql, statement)
    }
    return statement
  }
}
