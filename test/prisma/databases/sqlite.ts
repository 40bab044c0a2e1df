import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { Writes } from '../../support/database/database.ts'
import { actions, type AuditedDatabase, tables, writesOf } from './audited.ts'

/** A library that speaks SQLite: its adapter, and a connection of the test's own. */
export interface SqliteDriver {
  readonly name: string
  /** @param timeout how long a statement waits for a lock, in milliseconds. */
  adapter(url: string, timeout: number): SqlDriverAdapterFactory
  /** Two libraries at one file in one process would undo each other's locks, and so there is one. */
  open(url: string): Promise<Connection>
}

/** What tables are made and looked at with. */
export interface Connection {
  execute(sql: string): Promise<{ rows: Record<string, unknown>[] }>
  executeMultiple(sql: string): Promise<void>
  close(): void | Promise<void>
}

export const libsql: SqliteDriver = {
  name: 'libSQL',
  adapter: (url, timeout) => new PrismaLibSql({ url, timeout }),
  open: async (url) => createClient({ url }),
}

interface SqliteOptions {
  readonly driver?: SqliteDriver
  readonly timeout?: number
  /** In the write-ahead log readers and a writer go side by side; with a journal they do not. */
  readonly journal?: 'wal' | 'delete'
}

/** A SQLite file with audit triggers. */
export async function createSqlite({
  driver = libsql,
  timeout = 2000,
  journal = 'wal',
}: SqliteOptions = {}): Promise<AuditedDatabase & { readonly url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-sqlite-'))
  const url = `file:${join(folder, 'test.db')}`
  const beside = await driver.open(url)
  await beside.execute(`PRAGMA journal_mode = ${journal}`)
  await createAuditedTables(beside)
  return {
    url,
    adapter: () => driver.adapter(url, timeout),
    audit: () => auditOf(beside),
    busy: async () => [],
    async [Symbol.asyncDispose]() {
      await beside.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * The one database in memory that libSQL's connections in this process share: each transaction is a
 * connection of its own, and would see an empty database without that.
 */
export async function createSharedMemory(): Promise<AuditedDatabase> {
  const url = 'file::memory:?cache=shared'
  // It is there for as long as anybody is connected to it.
  const beside = createClient({ url })
  await createAuditedTables(beside)
  return {
    adapter: () => libsql.adapter(url, 2000),
    audit: () => auditOf(beside),
    busy: async () => [],
    async [Symbol.asyncDispose]() {
      const leftovers = [...tables, 'audit_notes'].map((table) => `DROP TABLE "${table}";`)
      await beside.executeMultiple(`PRAGMA foreign_keys = OFF; ${leftovers.join(' ')}`)
      beside.close()
    },
  }
}

export async function createAuditedTables(database: Connection): Promise<void> {
  const schema = await readFile(
    new URL('../../fixtures/sqlite/schema.sql', import.meta.url),
    'utf8',
  )
  await database.executeMultiple(schema)
  await database.executeMultiple(await auditTriggers(database))
}

export async function auditOf(database: Connection): Promise<Writes> {
  const { rows } = await database.execute(
    'SELECT table_name, action, SUM(sign) AS rows FROM audit_notes GROUP BY table_name, action',
  )
  return writesOf(
    rows.map((row) => ({
      table: row['table_name'] as string,
      action: row['action'] as string,
      rows: Number(row['rows']),
    })),
  )
}

/**
 * Notes each row in the transaction that writes it. The triggers also see what foreign keys do, and
 * cannot tell it apart: so a trigger on the parent takes off, before the key acts, what it will do.
 */
async function auditTriggers(database: Connection): Promise<string> {
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
