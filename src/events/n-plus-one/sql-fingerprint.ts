import type { OperationCall } from '../../database/operations/operation.ts'
import { rawSql } from '../../database/sql/raw-sql.ts'

/** The tokens of a SQL text that are removed, replaced or kept whole, in order of precedence. */
const token = new RegExp(
  [
    /(?<comment>--(?=\s|$)[^\n]*|\/\*(?!!)(?:(?!\/\*|\*\/)[^])*\*\/)/u,
    /(?<quoted>"[\p{L}_][\p{L}\p{N}_]*"(?!"))/u,
    /(?<name>`[\p{L}_][\p{L}\p{N}_]*`(?!`))/u,
    /(?:'[^'\\]*')+|(?:"[^"\\]*")+|(?:`[^`]*`)+/u,
    // Numbers of any notation, and the parameters of Postgres.
    /\$\d+|\b\d[\w.]*(?:(?<=e)[+-]\d+)?/u,
    // Databases disagree on whether these begin a comment, a string or a name, and on its end: escapes,
    // dollar quotes, nested comments, a quote inside a bracketed name.
    /(?<ambiguity>['"`#\\$]|--|\/\*|\[[^[\]']*'[^[\]']*\])/u,
  ]
    .map(({ source }) => source)
    .join('|'),
  'giu',
)

/** Providers whose double quotes always enclose a name. In MySQL and SQLite they can enclose a string. */
const quotingNames: ReadonlySet<string> = new Set([
  'postgres',
  'postgresql',
  'cockroachdb',
  'sqlserver',
])

type RawCall = Pick<OperationCall, 'operation' | 'args' | 'provider'>

interface Found {
  readonly comment?: string
  readonly quoted?: string
  readonly name?: string
  readonly ambiguity?: string
}

/**
 * Returns the SQL text of a raw operation without literals and comments; only its first word if the
 * text is ambiguous.
 */
export function sqlFingerprint(call: RawCall): string {
  const sql = rawSql(call.args)
  return sql === undefined ? '?' : sqlTextFingerprint(sql, call)
}

/**
 * Returns a SQL text of an operation without literals and comments; only its first word if the text is
 * ambiguous.
 */
export function sqlTextFingerprint(
  sql: string,
  { operation, provider = '' }: Pick<RawCall, 'operation' | 'provider'>,
): string {
  // The text of an unsafe operation can contain a value between double quotes, as a text for MySQL can.
  const keepsQuoted = quotingNames.has(provider) && !operation.endsWith('Unsafe')
  let ambiguous = false
  const text = sql.replace(token, (found: string, ...rest) => {
    const { comment, quoted, name, ambiguity } = rest.at(-1) as Found
    ambiguous ||= ambiguity !== undefined
    if (comment !== undefined) return ' '
    return name !== undefined || (quoted !== undefined && keepsQuoted) ? found : '?'
  })
  if (ambiguous) return `${/^\s*\w+/.exec(sql)?.[0] ?? ''} …`.trim()
  return text
    .replace(/\?(?:\s*,\s*\?)+/g, '?')
    .replace(/\s+/g, ' ')
    .trim()
}
