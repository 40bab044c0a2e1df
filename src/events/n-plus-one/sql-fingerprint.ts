import { rawSql } from '../../database/sql/raw-sql.ts'

/** What is taken out of an SQL text, or kept as a whole, in the order in which it is looked for. */
const token = new RegExp(
  [
    /(?<comment>--(?=\s|$)[^\n]*|\/\*(?!!)(?:(?!\/\*|\*\/)[^])*\*\/)/u,
    /(?<quoted>"[\p{L}_][\p{L}\p{N}_]*"(?!"))/u,
    /(?<name>`[\p{L}_][\p{L}\p{N}_]*`(?!`))/u,
    /(?:'[^'\\]*')+|(?:"[^"\\]*")+|(?:`[^`]*`)+/u,
    // Numbers of any notation, and the parameters of Postgres.
    /\$\d+|\b\d[\w.]*(?:(?<=e)[+-]\d+)?/u,
    // Databases differ in whether these begin a comment, a string or a name, and in where that ends:
    // escapes, dollar quotes, comments in comments, a quote in the brackets of a name.
    /(?<doubt>['"`#\\$]|--|\/\*|\[[^[\]']*'[^[\]']*\])/u,
  ]
    .map(({ source }) => source)
    .join('|'),
  'giu',
)

interface Found {
  readonly comment?: string
  readonly quoted?: string
  readonly name?: string
  readonly doubt?: string
}

/**
 * The text of a raw operation without literals and comments, which may be anything; only its first
 * word, where it is not certain what they are.
 */
export function sqlShape(operation: string, args: unknown): string {
  const sql = rawSql(args)
  if (sql === undefined) return '?'
  // In the text of an unsafe operation anything may be a value.
  const unsafe = operation.endsWith('Unsafe')
  let doubtful = false
  const shape = sql.replace(token, (text: string, ...rest) => {
    const { comment, quoted, name, doubt } = rest.at(-1) as Found
    doubtful ||= doubt !== undefined
    if (comment !== undefined) return ' '
    return name !== undefined || (quoted !== undefined && !unsafe) ? text : '?'
  })
  if (doubtful) return `${/^\s*\w+/.exec(sql)?.[0] ?? ''} …`.trim()
  return shape
    .replace(/\?(?:\s*,\s*\?)+/g, '?')
    .replace(/\s+/g, ' ')
    .trim()
}
