import { readStatement } from '../../../src/database/sql/statement.ts'
import { readTransactionControl } from '../../../src/database/sql/transaction-control.ts'
import { parsePostgres } from './postgres-grammar.ts'

/** What came out of the texts so far. */
export interface Figures {
  /** Texts that the parser accepts. */
  tried: number
  /** Texts that the parser refuses: a database never runs them. */
  refused: number
  failed: number
  /** Texts that write or read one table without a CTE, and those of them without a table for the reader. */
  tables: number
  raw: number
  /** Texts that control a transaction, and those of them that the reader does not recognize. */
  controls: number
  unrecognized: number
}

export function noFigures(): Figures {
  return { tried: 0, refused: 0, failed: 0, tables: 0, raw: 0, controls: 0, unrecognized: 0 }
}

/**
 * Compares the statement reader with the parser of Postgres.
 *
 * @returns the difference, or undefined if both agree or the reader finds no table.
 */
export function difference(sql: string, figures: Figures): string | undefined {
  const parsed = parsePostgres(sql)
  if (parsed === undefined) {
    figures.refused += 1
    return undefined
  }
  figures.tried += 1
  const found = differenceFrom(parsed, sql, figures)
  if (found !== undefined) figures.failed += 1
  return found
}

function differenceFrom(
  parsed: Exclude<ReturnType<typeof parsePostgres>, undefined>,
  sql: string,
  figures: Figures,
): string | undefined {
  const control = controlOf(sql)
  const statement = statementOf(sql)
  if (parsed === 'other') {
    if (statement !== undefined) return `reads ${statement}, Postgres another statement`
    return control === undefined ? undefined : `reads ${control}, Postgres another statement`
  }
  if ('control' in parsed) {
    figures.controls += 1
    if (statement !== undefined) return `reads ${statement}, Postgres ${parsed.control}`
    if (control === undefined) figures.unrecognized += 1
    return control === undefined || control === parsed.control
      ? undefined
      : `reads ${control}, Postgres ${parsed.control}`
  }
  const { verb, schema, table, upsert, plain } = parsed
  const expected = described(upsert ? 'upsert' : verb, schema, table)
  if (control !== undefined) return `reads ${control}, Postgres ${expected}`
  if (plain) figures.tables += 1
  if (statement === undefined && plain) figures.raw += 1
  return statement === undefined || statement === expected
    ? undefined
    : `reads ${statement}, Postgres ${expected}`
}

function statementOf(sql: string): string | undefined {
  const { verb, schema, table, upsert } = readStatement(sql, 'postgres')
  return table === undefined ? undefined : described(upsert ? 'upsert' : verb, schema, table)
}

function described(verb: string, schema: string | undefined, table: string): string {
  return `${verb} ${JSON.stringify([schema ?? '', table].map(clipped))}`
}

/** Postgres reads the first 63 bytes of a name: a longer spelling is the same table. */
function clipped(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= 63) return name
  let end = 63
  while ((bytes[end] as number) >> 6 === 2) end -= 1
  return bytes.toString('utf8', 0, end)
}

function controlOf(sql: string): string | undefined {
  const control = readTransactionControl(sql, 'postgres')
  if (control === undefined) return undefined
  if ('savepoint' in control) return `${control.control} ${clipped(control.savepoint)}`
  return 'chain' in control && control.chain ? `${control.control} and chain` : control.control
}

/** The figures in one line, for the end of a run. */
export function summary(of: string, figures: Figures): string {
  const { tried, refused, failed, tables, raw, controls, unrecognized } = figures
  const share = (part: number, whole: number): string =>
    `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`
  return (
    `${of}: ${tried} texts, ${failed} failed (${refused} more refused by the parser); ` +
    `$raw ${raw} of ${tables} tables (${share(raw, tables)}), ` +
    `unrecognized ${unrecognized} of ${controls} transaction controls (${share(unrecognized, controls)})`
  )
}
