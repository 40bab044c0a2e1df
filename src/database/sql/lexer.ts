/**
 * The syntax of SQL texts by dialect: names and their quotes, literals, comments. Text that is a
 * literal in one dialect and code in another is reported as ambiguous (undefined), not guessed.
 */

const quotedOrPlain = [
  String.raw`"(?:[^"]|"")+"(?!")`,
  '`(?:[^`]|``)+`(?!`)',
  String.raw`\[(?:[^\]]|\]\])+\](?!\])`,
  // Outside ASCII, every character can belong to a name in Postgres, MySQL and SQLite: blanks, emoji.
  String.raw`[\p{L}_][\p{L}\p{N}_$]*(?![\p{L}\p{N}_$]|[^\x00-\x7f])`,
]

/**
 * A regular expression of one part of a name: "quoted", `quoted` or [quoted], with inner quotes
 * doubled, or plain. At one place it matches one text only: a name that could end at several places
 * makes an expression that contains it take quadratic time.
 */
export const namePart: string = `(?:${quotedOrPlain.join('|')})`

/** A pattern for one place of a text, in any case. Its `\s` is a blank of every dialect, so of ASCII. */
export function sqlPattern(source: string): RegExp {
  return new RegExp(source.replaceAll(String.raw`\s`, String.raw`[\t-\r ]`), 'iuy')
}

const partPattern = new RegExp(namePart, 'gu')
const wholeNamePattern = new RegExp(String.raw`^${namePart}(?:\.${namePart}){0,2}$`, 'u')
const blankPattern = sqlPattern(String.raw`\s*`)

const doubleQuote = 34
const hash = 35
const dollar = 36
const singleQuote = 39
const dash = 45
const slash = 47
const openBracket = 91
const backtick = 96

/** True for a name of up to three parts with dots. */
export function isName(text: string): boolean {
  return wholeNamePattern.test(text)
}

/** The last two parts of a name with dots, as the database compares them: unquoted and folded. */
export function splitName(
  qualified: string,
  provider: string | undefined,
): {
  table: string | undefined
  schema: string | undefined
} {
  const parts = (qualified.match(partPattern) ?? []).map((part) => folded(part, provider))
  return { table: parts.at(-1), schema: parts.at(-2) }
}

/** A part of a name, as the database compares it. Postgres folds ASCII letters outside quotes (downcase_identifier); other databases keep the case. */
export function folded(part: string, provider: string | undefined): string {
  const name = unquote(part)
  return provider === 'postgres' && name === part
    ? name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : name
}

/** The name that a part of a name stands for. */
export function unquote(identifier: string): string {
  const quote = identifier[0]
  if (quote === '"' || quote === '`')
    return identifier.slice(1, -1).replaceAll(quote + quote, quote)
  return quote === '[' ? identifier.slice(1, -1).replaceAll(']]', ']') : identifier
}

/**
 * The text without its literals, quoted names and comments; undefined if the literals are ambiguous.
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
 * The index after the literal, quoted name or comment that begins at `at`, otherwise after the
 * character. Undefined if that is ambiguous: an escape, a dollar quote, an open quote, or a comment of
 * one dialect that is code in another.
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
      // A quote in SQL Server and SQLite; a subscript in Postgres.
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
      // In MySQL `--` is two minus signs unless a blank follows.
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
    const newline = sql.indexOf('\n', at)
    const end = newline < 0 ? sql.length : newline + 1
    // A carriage return by itself ends the comment in Postgres only.
    return /\r(?!\n|$)/.test(sql.slice(at, end)) ? undefined : end
  }
  // MySQL and MariaDB run the text of such a comment.
  if (sql.startsWith('/*!', at) || sql.startsWith('/*M!', at)) return undefined
  const end = sql.indexOf('*/', at + 2)
  // Postgres nests comments, the others do not.
  return end < 0 || sql.slice(at + 2, end).includes('/*') ? undefined : end + 2
}

/** The index after the blanks and comments at `start`; undefined if that is ambiguous. */
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
