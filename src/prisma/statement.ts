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

/** A statement that begins, parts or ends a transaction. */
export type TransactionControl =
  | { readonly control: 'begin' }
  /** `chain`: the next transaction begins at once. */
  | { readonly control: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly control: 'savepoint' | 'release' | 'rollback to'; readonly savepoint: string }

const other: Statement = { verb: 'other', table: undefined, schema: undefined, upsert: false }

// A name: "quoted", `quoted`, [quoted] or plain, quotes inside doubled; up to three parts with dots.
const part = String.raw`(?:"[^"]+(?:""[^"]*)*"|\x60[^\x60]+(?:\x60\x60[^\x60]*)*\x60|\[[^\]]+(?:\]\][^\]]*)*\]|[\p{L}_][\p{L}\p{N}_$]*)`
// MySQL has a modifier where the name of UPDATE could stand.
const notAName = String.raw`(?!LOW_PRIORITY\b)`
const name = String.raw`(${notAName}${part}(?:\s*\.\s*${part}){0,2})(?![\p{L}\p{N}_$])`
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
const mergePattern = new RegExp(String.raw`MERGE\s+INTO\s+${name}\s+USING\s+\(SELECT\s`, 'iuy')
const whenPattern = /\bWHEN\b/gi
const whenNotMatchedPattern = /\bWHEN\s+NOT\s+MATCHED\s+THEN\s+INSERT\b/i
const fromWordPattern = /\bFROM\b/i
const fromPattern = new RegExp(String.raw`\s*(?:ONLY\s+)?${name}(?!\s*[(.])`, 'iuy')
const blankPattern = /\s*/y
const wordPattern = /[a-z]+/iy
// Without the flag u, which makes a search of a long text a hundred times slower.
const conflictPattern = /\bON\s+CONFLICT\b/i
const doUpdatePattern = /\bDO\s+UPDATE\b/i
const duplicateKeyPattern = /\bON\s+DUPLICATE\s+KEY\s+UPDATE\b/i
const setOperationPattern = /\b(?:UNION|INTERSECT|EXCEPT|INTO)\b/i

/**
 * Reads one SQL text.
 *
 * @param provider the driver adapter's: `postgres`, `mysql`, `sqlite` or `sqlserver`. Without it, what
 * is a literal in one dialect and code in another is doubtful.
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

/** Prisma's MERGE, which inserts what is not there and touches nothing else. */
function readMerge(sql: string, start: number, provider: string | undefined): Statement {
  if (provider !== 'sqlserver' || sql.includes("'")) return other
  mergePattern.lastIndex = start
  const found = mergePattern.exec(sql)?.[1]
  const source = sql.indexOf(') AS [dual]', mergePattern.lastIndex)
  if (found === undefined || source < 0) return other
  const clauses = sql.slice(source)
  if (clauses.match(whenPattern)?.length !== 1 || !whenNotMatchedPattern.test(clauses)) return other
  if (/;\s*\S/u.test(clauses)) return other
  return { verb: 'insert', ...splitName(found), upsert: false }
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
  // Only texts that might hold a second statement or an upsert clause pay for the careful look.
  if (sql.includes(';') || (verb === 'insert' && mayUpdate(sql))) {
    const outside = outsideLiterals(sql, start, provider)
    if (outside === undefined || /;\s*\S/u.test(outside)) return other
    code = outside
  }
  return { verb, ...splitName(found), upsert: verb === 'insert' && mayUpdate(code) }
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
    return found === undefined ? other : { verb: 'select', ...splitName(found), upsert: false }
  }
  return other
}

function isOneQuery(sql: string, start: number, provider: string | undefined): boolean {
  const outside = outsideLiterals(sql, start, provider)
  return outside !== undefined && !/;\s*\S/u.test(outside) && !setOperationPattern.test(outside)
}

/** The index behind the FROM that belongs to the SELECT at `start`. */
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

/**
 * The text with its literals, quoted names and comments blanked, or undefined where it cannot be
 * told for sure what is a literal.
 */
function outsideLiterals(
  sql: string,
  start: number,
  provider: string | undefined,
): string | undefined {
  let outside = ''
  let from = start
  for (let i = start; i < sql.length; i++) {
    const end = skipUnread(sql, i, sql.charCodeAt(i), provider)
    if (end === undefined) return undefined
    if (end > i + 1) {
      outside += `${sql.slice(from, i)} `
      from = end
      i = end - 1
    }
  }
  return outside + sql.slice(from)
}

/**
 * The index behind the literal, quoted name or comment that begins at `at`, or behind the character
 * where none does. Undefined where it cannot be told for sure: an escape, a dollar quote, an open
 * quote, or what one dialect takes for a comment and another for code.
 */
function skipUnread(
  sql: string,
  at: number,
  code: number,
  provider: string | undefined,
): number | undefined {
  switch (code) {
    case doubleQuote:
    case singleQuote:
    case backtick: {
      const close = sql.indexOf(sql[at] as string, at + 1)
      // A backslash escapes the quote on some servers and not on others.
      return close < 0 || sql.slice(at, close).includes('\\') ? undefined : close + 1
    }
    case openBracket: {
      // A quote of SQL Server's, which SQLite takes too; a subscript of Postgres.
      if (provider === 'postgres' || provider === 'mysql') return at + 1
      const close = sql.indexOf(']', at + 1)
      return close < 0 ? undefined : close + 1
    }
    case dollar:
      return isParameter(sql, at) ? at + 1 : undefined
    case hash:
      return provider === 'mysql' ? undefined : at + 1
    case dash:
    case slash:
      if (!startsComment(sql, at)) return at + 1
      // MySQL takes `--` for two minus signs where no blank follows.
      if (code === dash && provider === 'mysql' && !/\s/u.test(sql[at + 2] ?? ' ')) return undefined
      return commentEnd(sql, at)
    default:
      return at + 1
  }
}

function startsComment(sql: string, at: number): boolean {
  return sql.startsWith('--', at) || sql.startsWith('/*', at)
}

function commentEnd(sql: string, at: number): number | undefined {
  if (sql[at] === '-') {
    const end = sql.indexOf('\n', at)
    return end < 0 ? sql.length : end + 1
  }
  // MySQL runs what stands in a comment that begins like this.
  if (sql.startsWith('/*!', at) || sql.startsWith('/*M!', at)) return undefined
  const end = sql.indexOf('*/', at + 2)
  // Postgres nests comments, the others do not.
  return end < 0 || sql.slice(at + 2, end).includes('/*') ? undefined : end + 2
}

/** The index behind the blanks and comments at `start`; undefined where that cannot be told. */
function skipBlank(sql: string, start: number): number | undefined {
  let at = start
  for (;;) {
    blankPattern.lastIndex = at
    blankPattern.exec(sql)
    at = blankPattern.lastIndex
    if (!startsComment(sql, at)) return at
    const end = commentEnd(sql, at)
    if (end === undefined) return undefined
    at = end
  }
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

const work = String.raw`(?:\s+(?:WORK|TRAN(?:SACTION)?))?`
const transaction = String.raw`TRAN(?:SACTION)?`
const characteristics =
  'ISOLATION|LEVEL|SERIALIZABLE|REPEATABLE|READ|COMMITTED|UNCOMMITTED|WRITE|ONLY|NOT|DEFERRABLE|' +
  'DEFERRED|IMMEDIATE|EXCLUSIVE|CONCURRENT|WITH|CONSISTENT|SNAPSHOT'
const controlPattern = new RegExp(
  [
    String.raw`(?:ROLLBACK${work}\s+TO(?:\s+SAVEPOINT)?|ROLLBACK\s+${transaction}(?!\s+AND\b))\s+(?<rollbackTo>${part})`,
    String.raw`RELEASE(?:\s+SAVEPOINT)?\s+(?<release>${part})`,
    String.raw`(?:SAVEPOINT|SAVE\s+${transaction})\s+(?<savepoint>${part})`,
    String.raw`(?<end>COMMIT|END|ROLLBACK|ABORT)\b${work}(?<chain>\s+AND\s+CHAIN)?(?:\s+AND\s+NO\s+CHAIN)?`,
    String.raw`(?<begin>BEGIN|START\s+TRANSACTION)\b${work}(?:[\s,]+(?:${characteristics})\b)*`,
  ].join('|'),
  'iuy',
)

/** Reads a statement that controls the transaction it runs in; undefined for every other. */
export function readTransactionControl(sql: string): TransactionControl | undefined {
  const start = skipBlank(sql, 0)
  if (start === undefined) return undefined
  controlPattern.lastIndex = start
  const found = controlPattern.exec(sql)?.groups
  if (found === undefined || !isEnd(sql, controlPattern.lastIndex)) return undefined
  const { begin, end, chain, rollbackTo, release, savepoint } = found
  if (begin !== undefined) return { control: 'begin' }
  if (end !== undefined) {
    const control = /^[CE]/iu.test(end) ? 'commit' : 'rollback'
    return { control, chain: chain !== undefined }
  }
  if (rollbackTo !== undefined)
    return { control: 'rollback to', savepoint: savepointName(rollbackTo) }
  if (release !== undefined) return { control: 'release', savepoint: savepointName(release) }
  return { control: 'savepoint', savepoint: savepointName(savepoint as string) }
}

/** True where nothing follows but a semicolon, blanks and comments. */
function isEnd(sql: string, start: number): boolean {
  const at = skipBlank(sql, start)
  if (at === undefined || sql[at] !== ';') return at === sql.length
  return skipBlank(sql, at + 1) === sql.length
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
const hash = 35
const dash = 45
const slash = 47
const underscore = 95
