import { exactNames, type ModelNames } from '../../database/model-names.ts'
import { readStatement, type Statement } from '../../database/sql/statement.ts'
import {
  type ParsedStatement,
  type ParsedStatements,
  rawModel,
} from '../../database/statements/parsed-statements.ts'
import { StatementCache } from '../../database/statements/statement-cache.ts'
import type { ExecutionPlan, QueryAst, TableSource } from './plan.ts'

const verbs: Readonly<Record<string, Statement['verb']>> = {
  select: 'select',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
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
  readonly #byTable = new Map<string, ParsedStatement>()
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

  /** The two statements that an upsert can be: an insert and an update. */
  ofUpsert(
    plan: ExecutionPlan | undefined,
  ): Readonly<Record<'insert' | 'update', ParsedStatement>> {
    const source = plan && tableOf(plan.ast)
    return {
      insert: this.#ofTable(source, 'insert', false),
      update: this.#ofTable(source, 'update', false),
    }
  }

  #ofAst(ast: QueryAst): ParsedStatement {
    return this.#ofTable(tableOf(ast), verbs[ast.kind] ?? 'other', isUpsert(ast))
  }

  #ofTable(
    source: TableSource | undefined,
    verb: Statement['verb'],
    upsert: boolean,
  ): ParsedStatement {
    if (this.#modelsVersion !== this.#models.version) {
      this.#modelsVersion = this.#models.version
      this.#byTable.clear()
    }
    const key = `${verb} ${upsert} ${source?.namespaceId}.${source?.name}`
    let statement = this.#byTable.get(key)
    if (statement === undefined) {
      statement = this.#texts.known(this.#modelOf(source), verb, upsert)
      this.#byTable.set(key, statement)
    }
    return statement
  }

  #modelOf(source: TableSource | undefined): string {
    if (source?.name === undefined) return rawModel
    return this.#models.resolve(source.name, source.namespaceId, exactNames) ?? rawModel
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
