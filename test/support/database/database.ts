import { randomUUID } from 'node:crypto'
import { Pool, type QueryResultRow } from 'pg'
import { inject } from 'vitest'
import { databaseUrl, execute, type Template } from './templates.ts'

export type Action = 'insert' | 'update' | 'delete'

/** Committed rows by table (`schema.table` outside of `public`) and action, zeros included. */
export type Writes = Record<string, Record<Action, number>>

/** A database of its own for a test, empty, migrated and audited. */
export interface TestDatabase {
  readonly url: string
  /** Rows that statements of the client wrote and committed, as the database's triggers saw them. */
  audit(): Promise<Writes>
  /** Rows that foreign keys (`ON DELETE CASCADE`, `SET NULL`) wrote on their own. */
  cascades(): Promise<Writes>
  /** Runs SQL over connections of the test's own, beside those of the client under test. */
  query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Ends what is still connected. */
  drop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function createDatabase(template: Template = 'monitoring'): Promise<TestDatabase> {
  const serverUrl = inject('databaseServerUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`)

  const url = databaseUrl(serverUrl, name)
  const pool = new Pool({ connectionString: url, max: 4 })
  // The drop may end a connection that is still on its way to its own end.
  pool.on('error', () => {})

  async function query<Row extends QueryResultRow>(
    sql: string,
    values?: unknown[],
  ): Promise<Row[]> {
    const result = await pool.query<Row>(sql, values)
    return result.rows
  }
  async function writes(view: string): Promise<Writes> {
    const rows = await query<Record<Action, number> & { table: string }>(`SELECT * FROM ${view}`)
    return Object.fromEntries(rows.map(({ table, ...actions }) => [table, actions]))
  }
  async function drop(): Promise<void> {
    await pool.end()
    await execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  }
  return {
    url,
    audit: () => writes('audit.written_by_statements'),
    cascades: () => writes('audit.written_by_cascades'),
    query,
    drop,
    [Symbol.asyncDispose]: drop,
  }
}
