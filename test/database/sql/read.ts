import { readStatement } from '../../../src/database/sql/statement.ts'

/** A statement in words: `insert User`, `upsert public.User`; only the verb if no table was read. */
export function read(sql: string, provider?: string): string {
  const { verb, table, schema, upsert } = readStatement(sql, provider)
  if (table === undefined) return verb
  return `${upsert ? 'upsert' : verb} ${schema === undefined ? '' : `${schema}.`}${table}`
}
