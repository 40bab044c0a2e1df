import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { Action, Writes } from '../../support/database/database.ts'

/** A database of a test's own, empty, with triggers that note what was really written. */
export interface AuditedDatabase extends AsyncDisposable {
  /** The real adapter, for a client of its own. */
  adapter(): SqlDriverAdapterFactory
  /** Rows that statements of the client wrote and committed. */
  audit(): Promise<Writes>
  /** What the server still does for clients of this database. */
  busy(): Promise<readonly unknown[]>
}

export const tables = [
  'Alert',
  'DataSource',
  'DriftEvent',
  'QualityReport',
  'Tag',
  'Workspace',
  '_AlertToTag',
  'job_runs',
] as const

export const actions = ['insert', 'update', 'delete'] as const satisfies readonly Action[]

/** The notes of an audit as a table, zeros included. */
export function writesOf(
  notes: readonly { table: string; action: string; rows: number }[],
): Writes {
  const count = (table: string, action: Action): number =>
    notes.find((note) => note.table === table && note.action === action)?.rows ?? 0
  return Object.fromEntries(
    tables.map((table) => [
      table,
      {
        insert: count(table, 'insert'),
        update: count(table, 'update'),
        delete: count(table, 'delete'),
      },
    ]),
  )
}
