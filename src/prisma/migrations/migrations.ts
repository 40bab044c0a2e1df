import { readdir } from 'node:fs/promises'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import { asRecordedCall } from '../../database/pool/recorded-calls.ts'
import { refreshedReading } from '../../database/refreshed-reading.ts'
import type { SqlDriverAdapter } from '../driver-adapter.ts'
import { migrationsTable } from './migrations-table.ts'

const states = ['applied', 'failed', 'rolled_back', 'pending'] as const
type Counts = Partial<Record<(typeof states)[number], number>>

export interface MigrationsSource {
  readonly directory: string | undefined
  readonly refreshSeconds: number
  /** A connected adapter, not instrumented; undefined while there is none or it has no time. */
  adapter(): SqlDriverAdapter | undefined
}

/**
 * Keeps `prisma_migrations` up to date from the table Prisma Migrate writes. Its columns are
 * Prisma's own: a row is applied when it has finished, failed when it has neither finished nor been
 * rolled back (https://www.prisma.io/docs/orm/prisma-migrate/workflows/patching-and-hotfixing).
 */
export function exposeMigrations(
  instruments: Instruments,
  source: MigrationsSource,
  errorReporter: ErrorReporter,
): void {
  const read = async (adapter: SqlDriverAdapter): Promise<void> => {
    const counts = await countMigrations(adapter, source.directory)
    for (const state of states) {
      const count = counts?.[state]
      if (count === undefined) instruments.migrations.remove(state)
      else instruments.migrations.with(state).set(count)
    }
  }
  const start = (): Promise<void> | undefined => {
    const adapter = source.adapter()
    return adapter && read(adapter)
  }
  const { refreshSeconds } = source
  instruments.migrations.beforeCollect(refreshedReading({ refreshSeconds, errorReporter, start }))
}

async function countMigrations(
  adapter: SqlDriverAdapter,
  directory: string | undefined,
): Promise<Counts | undefined> {
  const query = async (sql: string): Promise<unknown[][]> => {
    const result = await asRecordedCall(() => adapter.queryRaw({ sql, args: [], argTypes: [] }))
    return result.rows
  }
  const table = migrationsTable(adapter)
  // Asking for the table first keeps an error about it out of the database's log.
  const [found] = await query(table.exists)
  if (Number(found?.[0]) === 0) return undefined
  const rows = await query(
    `SELECT migration_name, CASE WHEN rolled_back_at IS NOT NULL THEN 2 WHEN finished_at IS NOT NULL THEN 0 ELSE 1 END FROM ${table.name}`,
  )
  const counts: Record<(typeof states)[number], number> = {
    applied: 0,
    failed: 0,
    rolled_back: 0,
    pending: 0,
  }
  const known = new Set<string>()
  for (const [name, state] of rows) {
    const index = Number(state)
    counts[states[index] ?? 'failed'] += 1
    // One that was rolled back is waiting to be applied again, unless another row says it was.
    if (index !== 2) known.add(String(name))
  }
  if (directory === undefined)
    return { applied: counts.applied, failed: counts.failed, rolled_back: counts.rolled_back }
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory() && !known.has(entry.name)) counts.pending += 1
  }
  return counts
}
