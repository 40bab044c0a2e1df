import { readdir } from 'node:fs/promises'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
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

// A scrape waits for the first counts, but never long; later ones are read while the last are served.
const patienceMilliseconds = 1000

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
  let reading: Promise<void> | undefined
  let readAt = Number.NEGATIVE_INFINITY
  const read = async (adapter: SqlDriverAdapter): Promise<void> => {
    try {
      const counts = await countMigrations(adapter, source.directory)
      for (const state of states) {
        const count = counts?.[state]
        if (count === undefined) instruments.migrations.remove(state)
        else instruments.migrations.with(state).set(count)
      }
    } catch (error) {
      errorReporter.report(error)
    } finally {
      reading = undefined
    }
  }
  instruments.migrations.beforeCollect(async () => {
    if (reading === undefined && performance.now() - readAt >= source.refreshSeconds * 1000) {
      const adapter = source.adapter()
      if (adapter === undefined) return
      const first = readAt === Number.NEGATIVE_INFINITY
      readAt = performance.now()
      reading = read(adapter)
      if (!first) return
    }
    if (reading !== undefined) await settledWithin(reading, patienceMilliseconds)
  })
}

async function countMigrations(
  adapter: SqlDriverAdapter,
  directory: string | undefined,
): Promise<Counts | undefined> {
  const query = async (sql: string): Promise<unknown[][]> => {
    const result = await adapter.queryRaw({ sql, args: [], argTypes: [] })
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

function settledWithin(promise: Promise<void>, milliseconds: number): Promise<void> {
  const { promise: settled, resolve } = deferred()
  const timer = setTimeout(resolve, milliseconds)
  void promise.finally(() => {
    clearTimeout(timer)
    resolve()
  })
  return settled
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
