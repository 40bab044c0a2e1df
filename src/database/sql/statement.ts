import { namePart, outsideLiterals, skipBlank, skipUnread, splitName } from './lexer.ts'

/**
 * The verb and the table of a SQL text, read from its first words. Ambiguous SQL (a CTE, a MERGE,
 * several statements in one text, a rare form) is `other` and has no table: an unrecognized statement
 * is better than one that is counted for the wrong model.
 */
export interface Statement {
  readonly verb: 'select' | 'insert' | 'update' | 'delete' | 'other'
  readonly table: string | undefined
  readonly schema: string | undefined
  /** True for an INSERT that may update a row instead of inserting it. */
  readonly upsert: boolean
}

const other: Statement = { verb: 'other', table: undefined, schema: undefined, upsert: false }

// Up to three parts with dots. MySQL's UPDATE can have a modifier in place of the name.
const notAName = String.raw`(?!LOW_PRIORITY\b)`
const name = String.raw`(${notAName}${namePart}(?:\s*\.\s*${namePart}){0,2})(?![\p{L}\p{N}_$])`

// Sticky, case-insensitive, and each ends with a check of what follows in a plain form.
const insertPattern = new RegExp(
  String.raw`INSERT\s+(?:OR\s+(?:IGNORE|ABORT|ROLLBACK)\s+|IGNORE\s+)?INTO\s+${name}(?=[\s(])`,
  'iuy',
)
const updatePattern = new RegExp(
  String.raw`UPDATE\s+(?:OR\s+(?:IGNORE|ABORT|ROLLBACK)\s+|IGNORE\s+|ONLY\s+)?${name}\s+(?:AS\s+${namePart}\s+|(?!SET\b)${namePart}\s+)?SET\s`,
  'iuy',
)
const deletePattern = new RegExp(
  String.raw`DELETE\s+FROM\s+(?:ONLY\s+)?${name}\s*(?:$|;|/\*|--|(?:AS\s+${namePart}\s*|(?!WHERE\b|RETURNING\b|USING\b|ORDER\b|LIMIT\b|OUTPUT\b)${namePart}\s*)?(?:$|;|/\*|--|(?:WHERE|RETURNING|USING|ORDER|LIMIT|OUTPUT)\b))`,
  'iuy',
)
// Prisma's SQL for SQL Server: a create, and a row of a relation that may exist already.
const generatedKeysPattern =
  /DECLARE\s+@generated_keys\s+table\s*\((?:[^()]|\([^()]*\))*\)\s*(?=INSERT\s)/iuy
const mergePattern = new RegExp(String.raw`MERGE\s+INTO\s+${name}\s+USING\s+\(SELECT\s`, 'iuy')
const whenPattern = /\bWHEN\b/gi
const whenNotMatchedPattern = /\bWHEN\s+NOT\s+MATCHED\s+THEN\s+INSERT\b/i
const fromWordPattern = /\bFROM\b/i
const fromPattern = new RegExp(String.raw`\s*(?:ONLY\s+)?${name}(?!\s*[(.])`, 'iuy')
const wordPattern = /[a-z]+/iy
// Without the flag u, which makes a search of a long text a hundred times slower.
const conflictPattern = /\bON\s+CONFLICT\b/i
const doUpdatePattern = /\bDO\s+UPDATE\b/i
const duplicateKeyPattern = /\bON\s+DUPLICATE\s+KEY\s+UPDATE\b/i
const setOperationPattern = /\b(?:UNION|INTERSECT|EXCEPT|INTO)\b/i

const openParen = 40
const closeParen = 41
const upperF = 70
const underscore = 95
const lowerF = 102

/**
 * Reads one SQL text.
 *
 * @param provider the dialect: `postgres`, `mysql`, `sqlite` or `sqlserver`. If omitted, text that is a
 * literal in one dialect and code in another is ambiguous.
 */
export function readStatement(sql: string, provider?: string): Statement {
  const start = skipBlank(sql, 0)
  if (start === undefined) return other
  wordPattern.lastIndex = start
  switch (wordPattern.exec(sql)?.[0].toUpperCase()) {
    case 'SELECT':
      return readSelect(sql, start, provider)
    case 'INSERT':
      return readWrite(sql, start, 'insert', insertPattern, provider)
    case 'UPDATE':
      return readUpdate(sql, start, provider)
    case 'DELETE':
      return readWrite(sql, start, 'delete', deletePattern, provider)
    case 'DECLARE':
      return readGeneratedKeys(sql, start, provider)
    case 'MERGE':
      return readMerge(sql, start, provider)
    default:
      return other
  }
}

function readUpdate(sql: string, start: number, provider: string | undefined): Statement {
  const update = readWrite(sql, start, 'update', updatePattern, provider)
  // SQL Server: the target may be an alias that only a later FROM explains, unless it has a schema.
  const mayBeAlias = provider === 'sqlserver' && update.schema === undefined
  return mayBeAlias && fromWordPattern.test(sql) ? other : update
}

/** `DECLARE @generated_keys table(…) INSERT … OUTPUT … INTO @generated_keys … SELECT …` */
function readGeneratedKeys(sql: string, start: number, provider: string | undefined): Statement {
  generatedKeysPattern.lastIndex = start
  if (!generatedKeysPattern.test(sql)) return other
  return readWrite(sql, generatedKeysPattern.lastIndex, 'insert', insertPattern, provider)
}

/** Prisma's MERGE, which inserts a missing row and changes no other. */
function readMerge(sql: string, start: number, provider: string | undefined): Statement {
  if (provider !== 'sqlserver' || sql.includes("'")) return other
  mergePattern.lastIndex = start
  const found = mergePattern.exec(sql)?.[1]
  const source = sql.indexOf(') AS [dual]', mergePattern.lastIndex)
  if (found === undefined || source < 0) return other
  const clauses = sql.slice(source)
  if (clauses.match(whenPattern)?.length !== 1 || !whenNotMatchedPattern.test(clauses)) return other
  if (/;\s*\S/u.test(clauses)) return other
  return { verb: 'insert', ...splitName(found, provider), upsert: false }
}

function readWrite(
  sql: string,
  start: number,
  verb: 'insert' | 'update' | 'delete',
  pattern: RegExp,
  provider: string | undefined,
): Statement {
  pattern.lastIndex = start
  const found = pattern.exec(sql)?.[1]
  if (found === undefined) return other
  let code = sql
  // Only texts that may have a second statement or an upsert clause are read in full.
  if (sql.includes(';') || (verb === 'insert' && mayUpdate(sql))) {
    const outside = outsideLiterals(sql, start, provider)
    if (outside === undefined || /;\s*\S/u.test(outside)) return other
    code = outside
  }
  return { verb, ...splitName(found, provider), upsert: verb === 'insert' && mayUpdate(code) }
}

function mayUpdate(sql: string): boolean {
  return (conflictPattern.test(sql) && doUpdatePattern.test(sql)) || duplicateKeyPattern.test(sql)
}

function readSelect(sql: string, start: number, provider: string | undefined): Statement {
  if ((sql.includes(';') || setOperationPattern.test(sql)) && !isOneQuery(sql, start, provider))
    return other
  let at = start
  // `SELECT count(*) FROM (SELECT … FROM "User" …)`: the rows come from the table inside.
  for (let depth = 0; depth < 8; depth++) {
    const from = topLevelFrom(sql, at, provider)
    if (from === undefined) return other
    const inner = /\s*\(\s*(?=SELECT\b)/iuy
    inner.lastIndex = from
    if (inner.test(sql)) {
      at = inner.lastIndex
      continue
    }
    fromPattern.lastIndex = from
    const found = fromPattern.exec(sql)?.[1]
    return found === undefined
      ? other
      : { verb: 'select', ...splitName(found, provider), upsert: false }
  }
  return other
}

function isOneQuery(sql: string, start: number, provider: string | undefined): boolean {
  const outside = outsideLiterals(sql, start, provider)
  return outside !== undefined && !/;\s*\S/u.test(outside) && !setOperationPattern.test(outside)
}

/** The index after the FROM that belongs to the SELECT at `start`. */
function topLevelFrom(
  sql: string,
  start: number,
  provider: string | undefined,
): number | undefined {
  let depth = 0
  for (let i = start; i < sql.length; i++) {
    const code = sql.charCodeAt(i)
    if (code === openParen) depth++
    else if (code === closeParen) {
      if (--depth < 0) return undefined
    } else if (depth === 0 && (code === upperF || code === lowerF) && isFrom(sql, i)) return i + 4
    else {
      const end = skipUnread(sql, i, code, provider)
      if (end === undefined) return undefined
      i = end - 1
    }
  }
  return undefined
}

function isFrom(sql: string, at: number): boolean {
  return (
    sql.slice(at, at + 4).toUpperCase() === 'FROM' &&
    !isWordCharacter(sql.charCodeAt(at - 1)) &&
    !isWordCharacter(sql.charCodeAt(at + 4)) &&
    // `a IS DISTINCT FROM b` is a comparison.
    !/\bDISTINCT\s{1,20}$/i.test(sql.slice(Math.max(0, at - 30), at))
  )
}

function isWordCharacter(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === underscore ||
    code > 127
  )
}
