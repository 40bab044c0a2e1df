import { namePart, outsideLiterals, skipBlank, skipUnread, splitName, sqlPattern } from './lexer.ts'

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

// Up to three parts with dots. Reserved words and a modifier of MySQL can stand in place of the name.
const notAName = String.raw`(?!(?:LOW_PRIORITY|ONLY|LATERAL|FROM|AS|SET|SELECT|WHERE)(?![\p{L}\p{N}_$]))`
const table = String.raw`(?<table>${notAName}${namePart}(?:\s*\.\s*${namePart}){0,2})`
const only = String.raw`(?:(?<modifier>ONLY)\s+)?`

// Each matches up to the end of the name, and checks that a plain form follows.
const insertPattern = sqlPattern(
  String.raw`INSERT\s+(?:OR\s+(?:IGNORE|ABORT|ROLLBACK)\s+|IGNORE\s+)?INTO\s+${table}(?=\s|\()`,
)
const updatePattern = sqlPattern(
  String.raw`UPDATE\s+(?:OR\s+(?:IGNORE|ABORT|ROLLBACK)\s+|(?<modifier>IGNORE|ONLY)\s+)?${table}(?=\s+(?:AS\s+${namePart}\s+|(?!SET\b)${namePart}\s+)?SET\s)`,
)
const deletePattern = sqlPattern(
  String.raw`DELETE\s+FROM\s+${only}${table}(?=\s*(?:$|;|/\*|--|(?:AS\s+${namePart}\s*|(?!WHERE\b|RETURNING\b|USING\b|ORDER\b|LIMIT\b|OUTPUT\b)${namePart}\s*)?(?:$|;|/\*|--|(?:WHERE|RETURNING|USING|ORDER|LIMIT|OUTPUT)\b)))`,
)
const fromPattern = sqlPattern(String.raw`\s*${only}${table}`)
// Behind a name: another part of it, U&"…"; behind the name in a FROM also a function or ROWS FROM (…).
const notAfterName = /[.&]/y
const notAfterSource = /[.&(]|FROM\b/iy
// Prisma's SQL for SQL Server: a create, and a row of a relation that may exist already.
const generatedKeysPattern =
  /DECLARE\s+@generated_keys\s+table\s*\((?:[^()]|\([^()]*\))*\)\s*(?=INSERT\s)/iuy
const mergePattern = sqlPattern(String.raw`MERGE\s+INTO\s+${table}(?=\s+USING\s+\(SELECT\s)`)
const whenPattern = /\bWHEN\b/gi
const whenNotMatchedPattern = /\bWHEN\s+NOT\s+MATCHED\s+THEN\s+INSERT\b/i
const fromWordPattern = /\bFROM\b/i
const subqueryPattern = sqlPattern(String.raw`\s*\(\s*(?=SELECT\b)`)
const wordPattern = /[a-z]+/iy
// Without the flag u, which makes a search of a long text a hundred times slower.
const updateWord = /\bUPDATE\b/i
const conflictWord = /\b(?:CONFLICT|DUPLICATE)\b/i
const conflictPattern = /\bON\s+CONFLICT\b/i
const doUpdatePattern = /\bDO\s+UPDATE\b/i
const duplicateKeyPattern = /\bON\s+DUPLICATE\s+KEY\s+UPDATE\b/i
const setOperationPattern = /\b(?:UNION|INTERSECT|EXCEPT|INTO)\b/i

// A word of a SELECT; after these words and characters, FROM is a name, or part of a comparison.
const selectWordPattern = /[\w$\u0080-\uffff]+/y
const notBeforeFrom = new Set(['AS', 'DISTINCT', '.', '@', ':'])

const space = 32
const openParen = 40
const closeParen = 41
const dash = 45
const slash = 47

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
  const found = tableAt(sql, start, mergePattern, notAfterName, provider)
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
  const found = tableAt(sql, start, pattern, notAfterName, provider)
  if (found === undefined) return other
  let code = sql
  // Only texts that may have a second statement or an upsert clause are read in full.
  const mayUpdate = verb === 'insert' && updateWord.test(sql) && conflictWord.test(sql)
  if (mayUpdate || sql.includes(';')) {
    const outside = outsideLiterals(sql, start, provider)
    if (outside === undefined || /;\s*\S/u.test(outside)) return other
    code = outside
  }
  return { verb, ...splitName(found, provider), upsert: mayUpdate && isUpsert(code) }
}

/** The qualified name that a pattern finds; undefined if what is around it makes it another one. */
function tableAt(
  sql: string,
  start: number,
  pattern: RegExp,
  notAfter: RegExp,
  provider: string | undefined,
): string | undefined {
  pattern.lastIndex = start
  const found = pattern.exec(sql)?.groups
  const end = found === undefined ? undefined : skipBlank(sql, pattern.lastIndex)
  if (found === undefined || end === undefined) return undefined
  // `IGNORE x` in Postgres, and `ONLY x` elsewhere, is a table with an alias.
  const foreign = provider === 'postgres' ? 'IGNORE' : 'ONLY'
  // MySQL knows IGNORE as a modifier only: what follows is the table.
  if (provider === 'mysql' && /^IGNORE$/i.test(found['table'] as string)) return undefined
  if (provider !== undefined && found['modifier']?.toUpperCase() === foreign) return undefined
  notAfter.lastIndex = end
  return notAfter.test(sql) ? undefined : found['table']
}

function isUpsert(sql: string): boolean {
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
    subqueryPattern.lastIndex = from
    if (subqueryPattern.test(sql)) {
      at = subqueryPattern.lastIndex
      continue
    }
    const found = tableAt(sql, from, fromPattern, notAfterSource, provider)
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
  let previous = ''
  for (let at = start; at < sql.length;) {
    selectWordPattern.lastIndex = at
    const word = selectWordPattern.exec(sql)?.[0].toUpperCase()
    if (word === 'FROM' && depth === 0 && !notBeforeFrom.has(previous)) return at + 4
    if (word !== undefined && !word.startsWith('$')) {
      previous = word
      at += word.length
      continue
    }
    const code = sql.charCodeAt(at)
    if (code === openParen) depth++
    else if (code === closeParen && --depth < 0) return undefined
    const end = skipUnread(sql, at, code, provider)
    if (end === undefined) return undefined
    const isGap = code <= space || (end > at + 1 && (code === dash || code === slash))
    if (!isGap) previous = sql[at] as string
    at = end
  }
  return undefined
}
