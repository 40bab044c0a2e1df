import { loadModule, type Node, parseSync, type RangeVar, type SelectStmt } from 'libpg-query'

await loadModule()

/** A statement as the parser of Postgres reads it. */
export type Parsed =
  | {
      readonly verb: 'insert' | 'update' | 'delete' | 'select'
      readonly table: string
      readonly schema: string | undefined
      readonly upsert: boolean
      readonly plain: boolean
    }
  /** `control` as in {@link TransactionControl}, with its savepoint or chain. */
  | { readonly control: string }
  /** Any other statement, several, or none. */
  | 'other'

/** What Postgres's own parser says of a text; undefined if it refuses the text. */
export function parsePostgres(sql: string): Parsed | undefined {
  let stmts: { stmt?: Node }[] | undefined
  try {
    ;({ stmts } = parseSync(sql))
  } catch {
    return undefined
  }
  const [only] = stmts ?? []
  if (only?.stmt === undefined || stmts?.length !== 1) return 'other'
  return parsedNode(only.stmt)
}

function parsedNode(node: Node): Parsed {
  if ('InsertStmt' in node) {
    const { relation, onConflictClause, withClause } = node.InsertStmt
    const upsert = onConflictClause?.action === 'ONCONFLICT_UPDATE'
    return of('insert', relation, withClause === undefined, upsert)
  }
  if ('UpdateStmt' in node) {
    const { relation, withClause } = node.UpdateStmt
    return of('update', relation, withClause === undefined)
  }
  if ('DeleteStmt' in node) {
    const { relation, withClause } = node.DeleteStmt
    return of('delete', relation, withClause === undefined)
  }
  if ('SelectStmt' in node) return ofSelect(node.SelectStmt)
  if ('TransactionStmt' in node) {
    const { kind, savepoint_name: savepoint, chain } = node.TransactionStmt
    switch (kind) {
      case 'TRANS_STMT_BEGIN':
      case 'TRANS_STMT_START':
        return { control: 'begin' }
      case 'TRANS_STMT_COMMIT':
        return { control: `commit${chain === true ? ' and chain' : ''}` }
      case 'TRANS_STMT_ROLLBACK':
        return { control: `rollback${chain === true ? ' and chain' : ''}` }
      case 'TRANS_STMT_SAVEPOINT':
        return { control: `savepoint ${savepoint}` }
      case 'TRANS_STMT_RELEASE':
        return { control: `release ${savepoint}` }
      case 'TRANS_STMT_ROLLBACK_TO':
        return { control: `rollback to ${savepoint}` }
      default:
    }
  }
  return 'other'
}

function of(
  verb: 'insert' | 'update' | 'delete' | 'select',
  relation: RangeVar | undefined,
  plain: boolean,
  upsert = false,
): Parsed {
  if (relation?.relname === undefined) return 'other'
  return { verb, table: relation.relname, schema: relation.schemaname, upsert, plain }
}

/** The first table of a SELECT: the rows of a subquery come from the table inside. */
function ofSelect(select: SelectStmt): Parsed {
  const { op, intoClause, fromClause, withClause } = select
  const first = fromClause?.[0]
  if ((op !== undefined && op !== 'SETOP_NONE') || intoClause !== undefined) return 'other'
  return first === undefined ? 'other' : ofSource(first, withClause === undefined)
}

function ofSource(node: Node, plain: boolean): Parsed {
  if ('RangeVar' in node) return of('select', node.RangeVar, plain)
  if ('JoinExpr' in node) {
    const { larg } = node.JoinExpr
    return larg === undefined ? 'other' : ofSource(larg, plain)
  }
  if ('RangeTableSample' in node) {
    const { relation } = node.RangeTableSample
    return relation === undefined ? 'other' : ofSource(relation, plain)
  }
  if ('RangeSubselect' in node) {
    const { subquery, lateral } = node.RangeSubselect
    if (lateral === true || subquery === undefined || !('SelectStmt' in subquery)) return 'other'
    return ofSelect(subquery.SelectStmt)
  }
  return 'other'
}
