import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { actions, type AuditedDatabase, tables, writesOf } from './audited.ts'

export interface SqliteOptions {
  /** Makes the adapter under test; libSQL's by default. */
  readonly connect?: (url: string, timeout: number) => SqlDriverAdapterFactory
  /** How long a statement waits for a lock, in milliseconds. */
  readonly timeout?: number
  /** In the write-ahead log readers and a writer go side by side; with a journal they do not. */
  readonly journal?: 'wal' | 'delete'
}

export const libsql = (url: string, timeout: number): SqlDriverAdapterFactory =>
  new PrismaLibSql({ url, timeout })

/** A SQLite file with audit triggers. */
export async function createSqlite({
  connect = libsql,
  timeout = 2000,
  journal = 'wal',
}: SqliteOptions = {}): Promise<AuditedDatabase & { readonly url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-sqlite-'))
  const url = `file:${join(folder, 'test.db')}`
  const beside = createClient({ url })
  await beside.execute(`PRAGMA journal_mode = ${journal}`)
  const schema = await readFile(new URL('../fixtures/sqlite/schema.sql', import.meta.url), 'utf8')
  await beside.executeMultiple(schema)
  await beside.executeMultiple(await auditTriggers(beside))
  return {
    url,
    adapter: () => connect(url, timeout),
    async audit() {
      const { rows } = await beside.execute(
        'SELECT table_name, action, SUM(sign) AS rows FROM audit_notes GROUP BY table_name, action',
      )
      return writesOf(
        rows.map((row) => ({
          table: row['table_name'] as string,
          action: row['action'] as string,
          rows: row['rows'] as number,
        })),
      )
    },
    busy: async () => [],
    async [Symbol.asyncDispose]() {
      beside.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Queryable {
  execute(sql: string): Promise<{ rows: Record<string, unknown>[] }>
}

/**
 * Notes each row in the transaction that writes it. The triggers also see what foreign keys do, and
 * cannot tell it apart: so a trigger on the parent takes off, before the key acts, what it will do.
 */
async function auditTriggers(database: Queryable): Promise<string> {
  const script = [
    'CREATE TABLE audit_notes (table_name TEXT NOT NULL, action TEXT NOT NULL, sign INTEGER NOT NULL);',
  ]
  for (const table of tables) {
    for (const action of actions) {
      script.push(`
        CREATE TRIGGER "audit_${action}_${table}" AFTER ${action} ON "${table}" BEGIN
          INSERT INTO audit_notes VALUES ('${table}', '${action}', 1);
        END;`)
    }
    const { rows } = await database.execute(`PRAGMA foreign_key_list("${table}")`)
    for (const { id, table: parent, from, to, on_delete: onDelete } of rows) {
      if (onDelete === 'RESTRICT') continue
      const done = onDelete === 'CASCADE' ? 'delete' : 'update'
      script.push(`
        CREATE TRIGGER "audit_cascade_${table}_${String(id)}" BEFORE DELETE ON "${String(parent)}" BEGIN
          INSERT INTO audit_notes
          SELECT '${table}', '${done}', -1 FROM "${table}" WHERE "${String(from)}" = OLD."${String(to)}";
        END;`)
    }
  }
  return script.join('\n')
}
