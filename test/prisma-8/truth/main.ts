import { Pool, type QueryResultRow } from 'pg'
import type { Action, Writes } from '../../support/database/database.ts'
import { checkTruth } from './check-truth.ts'

/**
 * Runs the program of a seed on the audited database of `DATABASE_URL`, in any runtime of JavaScript:
 * `node test/prisma-8/truth/main.ts SEED`. Ends with an error if a counter is wrong.
 */
const url = process.env['DATABASE_URL'] ?? ''
const seed = Number(process.argv[2] ?? 1)
const pool = new Pool({ connectionString: url, max: 4 })
pool.on('error', () => {})

async function query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> {
  return (await pool.query<Row>(sql, values)).rows
}

async function audit(): Promise<Writes> {
  const rows = await query<Record<Action, number> & { table: string }>(
    'SELECT * FROM audit.written_by_statements',
  )
  return Object.fromEntries(rows.map(({ table, ...actions }) => [table, actions]))
}

const run = await checkTruth({ url, query, audit }, seed, false)
console.log(`seed ${seed}: ${run.size} calls, 0 mismatches`)
// Connections that the program has leaked keep the process alive.
process.exit(0)
