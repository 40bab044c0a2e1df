/**
 * How SQL texts are written, dialect by dialect: names and their quotes, literals, comments. What one
 * dialect takes for a literal and another for code is said to be doubtful, not guessed.
 */

/** A regular expression of a name's part: "quoted", `quoted`, [quoted] or plain, quotes inside doubled. */
export const namePart: string = String.raw`(?:"[^"]+(?:""[^"]*)*"|\x60[^\x60]+(?:\x60\x60[^\x60]*)*\x60|\[[^\]]+(?:\]\][^\]]*)*\]|[\p{L}_][\p{L}\p{N}_$]*)`
const partPattern = new RegExp(namePart, 'gu')
const blankPattern = /\s*/y

const doubleQuote = 34
const hash = 35
const dollar = 36
const singleQuote = 39
const dash = 45
const slash = 47
const openBracket = 91
const backtick = 96

/** The last two parts of a name with dots, without their quotes. */
export function splitName(qualified: string): {
  table: string | undefined
  schema: string | undefined
} {
  const parts = (qualified.match(partPattern) ?? []).map(unquote)
  return { table: parts.at(-1), schema: parts.at(-2) }
}

/** What the name's part stands for. */
export function unquote(identifier: string): string {
  const quote = identifier[0]
  if (quote === '"' || quote === '`')
    return identifier.slice(1, -1).replaceAll(quote + quote, quote)
  return quote === '[' ? identifier.slice(1, -1).replaceAll(']]', ']') : identifier
}

/**
 * The text with its literals, quoted names and comments blanked, or undefined where it cannot be
 * told for sure what is a literal.
 */
export function outsideLiterals(
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
export function skipUnread(
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
export function skipBlank(sql: string, start: number): number | undefined {
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

function isParameter(sql: string, at: number): boolean {
  const next = sql.charCodeAt(at + 1)
  return next >= 48 && next <= 57
}
