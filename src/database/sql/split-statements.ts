import { skipBlank, skipUnread } from './lexer.ts'

const semicolon = 59

/**
 * The statements of a text that holds several, without those that are only blanks and comments.
 * Undefined if it is ambiguous where one ends.
 */
export function splitStatements(sql: string, provider: string): string[] | undefined {
  const statements: string[] = []
  let start = 0
  const add = (end: number): void => {
    const text = sql.slice(start, end)
    if (skipBlank(text, 0) !== text.length) statements.push(text)
    start = end + 1
  }
  for (let at = 0; at < sql.length;) {
    const code = sql.charCodeAt(at)
    if (code === semicolon) add(at)
    const end = skipUnread(sql, at, code, provider)
    if (end === undefined) return undefined
    at = end
  }
  add(sql.length)
  return statements
}
