import type { CallSite } from '../../database/operations/call-site.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { ModelNames } from '../../database/model-names.ts'
import { isObject } from '../../support/validate.ts'
import { modelOfTable } from '../plans/contract-models.ts'
import { isRaw, tableOf } from '../plans/plan-statements.ts'
import type { Plan, QueryAst } from '../plans/plan.ts'

/** True for a plan, and for a prepared statement, which contains one. */
export function isPlan(value: unknown): value is Plan {
  const { ast } = (value ?? {}) as Partial<Plan>
  return isObject(ast) && typeof ast.kind === 'string'
}

/** The model of a plan; undefined for raw SQL. */
export function modelOfPlan({ ast }: Plan, models: ModelNames): string | undefined {
  const table = isRaw(ast) ? undefined : tableOf(ast)
  return table && modelOfTable(table, models)
}

/** The execution of a plan as an operation. Its name is the kind of the plan: `select`, `raw-query`, … */
export function planCall(
  plan: Plan,
  models: ModelNames,
  transaction: TransactionScope | undefined,
  site: CallSite | undefined,
): OperationCall {
  const { ast } = plan
  const raw = isRaw(ast)
  return {
    model: modelOfPlan(plan, models),
    operation: ast.kind,
    args: raw ? { sql: textOf(ast) } : plan,
    provider: plan.meta?.target,
    inArray: false,
    hidesValues: true,
    transaction,
    // The text of raw SQL is read like that of any raw operation.
    ...(raw ? {} : { fingerprint: () => fingerprintOfAst(ast) }),
    stack: () => site?.frames,
  }
}

/** The text of raw SQL, its parameters as `$1`, `$2`, … */
function textOf({ parts = [] }: QueryAst): string {
  let parameters = 0
  return parts.map((part) => (typeof part === 'string' ? part : `$${(parameters += 1)}`)).join('')
}

// Fields of a syntax tree that contain values or their encoding.
const valueFields = new Set(['value', 'values', 'codec', 'rows', 'set', 'limit', 'offset'])

/** The tables, columns and operators of a query, without its values. */
function fingerprintOfAst(ast: QueryAst): string {
  return JSON.stringify(ast, (key, value: unknown) => {
    if (key === 'rows' && Array.isArray(value)) return Object.keys((value[0] as object) ?? {})
    if (key === 'set' && isObject(value)) return Object.keys(value)
    if (valueFields.has(key)) return undefined
    return typeof value === 'bigint' ? undefined : value
  })
}
