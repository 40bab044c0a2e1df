/**
 * What a SQL text does and to which table, told from its first words. Anything doubtful (a CTE, a
 * MERGE, several statements in one text, an exotic form) is `other` and of no table: a statement
 * that is not recognised is better than one that is booked on the wrong model.
 */
export interface Statement {
  readonly verb: 'select' | 'insert' | 'update' | 'delete' | 'other'
  readonly table: string | undefined
  readonly schema: string | undefined
  /** True for an INSERT that may update a row instead of inserting it. */
  readonly upsert: boolean
}

/** A transaction statement that a program wrote itself, past Prisma's `$transaction`. */
export type TransactionControl =
  | { readonly control: 'commit' | 'rollback' }
  | { readonly control: 'savepoint' | 'release' | 'rollback to'; readonly savepoint: string }

const other: Statement = { verb: 'other', table: undefined, schema: undefined, upsert: false }

// A name: "quoted", `quoted`, [quoted] or plain, quotes inside doubled; up to three parts with dots.
const part = String.raw`(?:"(?:[^"]|"")+"|\x60(?:[^\x60]|\x60\x60)+\x60|\[(?:[^\]]|\]\])+\]|[\p{L}_][\p{L}\p{N}_$]*)`
const name = String.raw`(${part}(?:\s*\.\s*${part}){0,2})(?![\p{L}\p{N}_$])`
const partPattern = new RegExp(part, 'gu')

// Sticky, case-insensitive, and each with a tail that says how a plain form goes on.
const insertPattern = new RegExp(
  String.raw`INSERT\s+(?:OR\s+IGNORE\s+|IGNORE\s+)?INTO\s+${name}(?=[\s(])`,
  'iuy',
)
const updatePattern = new RegExp(
  String.raw`UPDATE\s+(?:OR\s+IGNORE\s+|IGNORE\s+|ONLY\s+)?${name}\s+(?:AS\s+${part}\s+|(?!SET\b)${part}\s+)?SET\s`,
  'iuy',
)
const deletePattern = new RegExp(
  String.raw`DELETE\s+FROM\s+(?:ONLY\s+)?${name}\s*(?:$|;|/\*|--|(?:AS\s+${part}\s*|(?!WHERE\b|RETURNING\b|USING\b|ORDER\b|LIMIT\b|OUTPUT\b)${part}\s*)?(?:$|;|/\*|--|(?:WHERE|RETURNING|USING|ORDER|LIMIT|OUTPUT)\b))`,
  'iuy',
)
// What Prisma sends to SQL Server for a create, and for a row of a relation that may be there already.
const generatedKeysPattern =
  /DECLARE\s+@generated_keys\s+table\s*\((?:[^()]|\([^()]*\))*\)\s*(?=INSERT\s)/iuy
const mergePattern = new RegExp(
  String.raw`MERGE\s+INTO\s+${name}\s+USING\s+\(SELECT\s[^']*?\)\s+AS\s+\[dual\]\s[^']*?\sWHEN\s+NOT\s+MATCHED\s+THEN\s+INSERT\s[^']*$`,
  'iuy',
)
const whenMatchedPattern = /\bWHEN\s+MATCHED\b/iu
const aliasedUpdatePattern = /UPDATE\s+\w+\s+SET\b[\s\S]*\bFROM\b/iu
const fromPattern = new RegExp(String.raw`\s*(?:ONLY\s+)?${name}(?!\s*[(.])`, 'iuy')
const leadPattern = /(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/uy
const wordPattern = /[a-z]+/iuy
const conflictPattern = /\bON\s+CONFLICT\b/iu
const doUpdatePattern = /\bDO\s+UPDATE\b/iu
const duplicateKeyPattern = /\bON\s+DUPLICATE\s+KEY\s+UPDATE\b/iu
const setOperationPattern = /\b(?:UNION|INTERSECT|EXCEPT|INTO)\b/iu

/** Reads one SQL text in the dialect of any database Prisma speaks to. */
export function readStatement(sql: string, provider?: string): Statement {
  const start = skipLead(sql)
  wordPattern.lastIndex = start
  switch (wordPattern.exec(sql)?.[0].toUpperCase()) {
    case 'SELECT':
      return readSelect(sql, start)
    case 'INSERT':
      return readWrite(sql, start, 'insert', insertPattern)
    case 'UPDATE':
      // SQL Server: the target may be an alias that only a later FROM explains.
      if (provider === 'sqlserver' && aliasedUpdatePattern.test(sql)) return other
      return readWrite(sql, start, 'update', updatePattern)
    case 'DELETE':
      return readWrite(sql, start, 'delete', deletePattern)
    case 'DECLARE':
      return readGeneratedKeys(sql, start)
    case 'MERGE':
      return readMerge(sql, start)
    default:
      return other
  }
}

/** `DECLARE @generated_keys table(…) INSERT … OUTPUT … INTO @generated_keys … SELECT …` */
function readGeneratedKeys(sql: string, start: number): Statement {
  generatedKeysPattern.lastIndex = start
  if (!generatedKeysPattern.test(sql)) return other
  return readWrite(sql, generatedKeysPattern.lastIndex, 'insert', insertPattern)
}

/** A MERGE that inserts what is not there and touches nothing else. */
function readMerge(sql: string, start: number): Statement {
  mergePattern.lastIndex = start
  const found = mergePattern.exec(sql)?.[1]
  if (found === undefined || whenMatchedPattern.test(sql)) return other
  return { verb: 'insert', ...splitName(found), upsert: false }
}

function readWrite(
  sql: string,
  start: number,
  verb: 'insert' | 'update' | 'delete',
  pattern: RegExp,
): Statement {
  pattern.lastIndex = start
  const found = pattern.exec(sql)?.[1]
  if (found === undefined) return other
  let code = sql
  // Only texts that might hold a second statement or an upsert clause pay for the careful look.
  if (sql.includes(';') || (verb === 'insert' && mayUpdate(sql))) {
    const outside = outsideLiterals(sql, start)
    if (outside === undefined || /;\s*\S/u.test(outside)) return other
    code = outside
  }
  return { verb, ...splitName(found), upsert: verb === 'insert' && mayUpdate(code) }
}

function mayUpdate(sql: string): boolean {
  return (conflictPattern.test(sql) && doUpdatePattern.test(sql)) || duplicateKeyPattern.test(sql)
}

function readSelect(sql: string, start: number): Statement {
  if ((sql.includes(';') || setOperationPattern.test(sql)) && !isOneQuery(sql, start)) return other
  let at = start
  // `SELECT count(*) FROM (SELECT … FROM "User" …)`: the rows come from the table inside.
  for (let depth = 0; depth < 8; depth++) {
    const from = topLevelFrom(sql, at)
    if (from === undefined) return other
    const inner = /\s*\(\s*(?=SELECT\b)/iuy
    inner.lastIndex = from
    if (inner.test(sql)) {
      at = inner.lastIndex
      continue
    }
    fromPattern.lastIndex = from
    const found = fromPattern.exec(sql)?.[1]
    return found === undefined ? other : { verb: 'select', ...splitName(found), upsert: false }
  }
  return other
}

function isOneQuery(sql: string, start: number): boolean {
  const outside = outsideLiterals(sql, start)
  return outside !== undefined && !/;\s*\S/u.test(outside) && !setOperationPattern.test(outside)
}

/** The index behind the FROM that belongs to the SELECT at `start`. */
function topLevelFrom(sql: string, start: number): number | undefined {
  let depth = 0
  for (let i = start; i < sql.length; i++) {
    const code = sql.charCodeAt(i)
    if (code === openParen) depth++
    else if (code === closeParen) {
      if (--depth < 0) return undefined
    } else if (
      code === doubleQuote ||
      code === singleQuote ||
      code === backtick ||
      code === openBracket
    ) {
      const close = sql.indexOf(code === openBracket ? ']' : (sql[i] as string), i + 1)
      if (close < 0 || (code === singleQuote && sql.slice(i, close).includes('\\')))
        return undefined
      i = close
    } else if (depth === 0 && (code === upperF || code === lowerF) && isFrom(sql, i)) return i + 4
    else if (code === dollar && !isParameter(sql, i)) return undefined
    else if (startsComment(sql, i, code)) {
      const end = commentEnd(sql, i)
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
    !isWordCharacter(sql.charCodeAt(at + 4))
  )
}

/**
 * The text with its literals, quoted names and comments blanked, or undefined where it cannot be
 * told for sure what is a literal (an escape, a dollar quote, an open quote).
 */
function outsideLiterals(sql: string, start: number): string | undefined {
  let outside = ''
  let from = start
  for (let i = start; i < sql.length; i++) {
    const code = sql.charCodeAt(i)
    let end: number | undefined
    if (code === doubleQuote || code === singleQuote || code === backtick || code === openBracket) {
      const close = sql.indexOf(code === openBracket ? ']' : (sql[i] as string), i + 1)
      // A backslash escapes the quote on some servers and not on others.
      if (close < 0 || sql.slice(i, close).includes('\\')) return undefined
      end = close + 1
    } else if (code === dollar && !isParameter(sql, i)) return undefined
    else if (startsComment(sql, i, code)) {
      end = commentEnd(sql, i)
      if (end === undefined) return undefined
    }
    if (end !== undefined) {
      outside += `${sql.slice(from, i)} `
      from = end
      i = end - 1
    }
  }
  return outside + sql.slice(from)
}

function startsComment(sql: string, at: number, code: number): boolean {
  return (code === dash && sql[at + 1] === '-') || (code === slash && sql[at + 1] === '*')
}

function commentEnd(sql: string, at: number): number | undefined {
  if (sql[at] === '-') {
    const end = sql.indexOf('\n', at)
    return end < 0 ? sql.length : end + 1
  }
  const end = sql.indexOf('*/', at + 2)
  // Postgres nests comments, the others do not.
  return end < 0 || sql.slice(at + 2, end).includes('/*') ? undefined : end + 2
}

function skipLead(sql: string): number {
  leadPattern.lastIndex = 0
  leadPattern.exec(sql)
  return leadPattern.lastIndex
}

function splitName(qualified: string): { table: string | undefined; schema: string | undefined } {
  const parts = (qualified.match(partPattern) ?? []).map(unquote)
  return { table: parts.at(-1), schema: parts.at(-2) }
}

function unquote(identifier: string): string {
  const quote = identifier[0]
  if (quote === '"' || quote === '`')
    return identifier.slice(1, -1).replaceAll(quote + quote, quote)
  return quote === '[' ? identifier.slice(1, -1).replaceAll(']]', ']') : identifier
}

const controlPattern = new RegExp(
  String.raw`(?:(COMMIT|ROLLBACK|END)(?:\s+(?:WORK|TRANSACTION|TRAN))?|ROLLBACK(?:(?:\s+(?:WORK|TRANSACTION|TRAN))?\s+TO(?:\s+SAVEPOINT)?|\s+TRAN(?:SACTION)?)\s+(${part})|RELEASE(?:\s+SAVEPOINT)?\s+(${part})|(?:SAVEPOINT|SAVE\s+TRAN(?:SACTION)?)\s+(${part}))\s*;?\s*$`,
  'iuy',
)

/** Reads a COMMIT, ROLLBACK or savepoint statement; undefined for everything else. */
export function readTransactionControl(sql: string): TransactionControl | undefined {
  controlPattern.lastIndex = skipLead(sql)
  const found = controlPattern.exec(sql)
  if (found === null) return undefined
  const [, end, rollbackTo, release, savepoint] = found
  if (end !== undefined)
    return { control: end.toUpperCase() === 'ROLLBACK' ? 'rollback' : 'commit' }
  if (rollbackTo !== undefined)
    return { control: 'rollback to', savepoint: savepointName(rollbackTo) }
  if (release !== undefined) return { control: 'release', savepoint: savepointName(release) }
  return { control: 'savepoint', savepoint: savepointName(savepoint as string) }
}

// Unquoted identifiers are folded by the servers; `SAVEPOINT a` is ended by `RELEASE A`.
function savepointName(identifier: string): string {
  const plain = unquote(identifier)
  return plain === identifier ? plain.toLowerCase() : plain
}

function isParameter(sql: string, at: number): boolean {
  const next = sql.charCodeAt(at + 1)
  return next >= 48 && next <= 57
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

const openParen = 40
const closeParen = 41
const doubleQuote = 34
const singleQuote = 39
const backtick = 96
const openBracket = 91
const upperF = 70
const lowerF = 102
const dollar = 36
const dash = 45
const slash = 47
const underscore = 95
