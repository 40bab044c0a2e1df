import { readdir } from 'node:fs/promises'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import { asRecordedCall } from '../../database/pool/recorded-calls.ts'
import { MigrationInfo } from '../../database/migration-info.ts'
import { refreshedReading } from '../../database/refreshed-reading.ts'
import { codedError } from '../../support/coded-error.ts'
import type { SqlDriverAdapter } from '../driver-adapter.ts'
import { migrationsTable } from './migrations-table.ts'

const states = ['applied', 'failed', 'rolled_back', 'pending'] as const
type State = (typeof states)[number]
type Counts = Partial<Record<State, number>>

/** The `gauge` label of its readings. */
const gauge = 'prisma_migrations'

export interface MigrationsSource {
  /** The directory of the migrations; undefined if pending migrations are not counted. */
  readonly directory: string | undefined
  readonly refreshSeconds: number
  /** A connected adapter that is not instrumented; undefined if none has a free connection. */
  adapter(): SqlDriverAdapter | undefined
}

/**
 * Keeps `prisma_migrations` up to date from the table of Prisma Migrate. It uses Prisma's columns:
 * a migration is applied if it has finished, and failed if it has neither finished nor been rolled
 * back (https://www.prisma.io/docs/orm/prisma-migrate/workflows/patching-and-hotfixing).
 *
 * Returns a function that stops the readings.
 */
export function exposeMigrations(
  instruments: Instruments,
  source: MigrationsSource,
  errorReporter: ErrorReporter,
): () => void {
  const info = new MigrationInfo(instruments)
  const show = (counts: Counts): void => {
    for (const state of states) {
      const count = counts[state]
      if (count === undefined) instruments.migrations.remove(state)
      else instruments.migrations.with(state).set(count)
    }
  }
  const read = async (adapter: SqlDriverAdapter): Promise<void> => {
    const rows = await migrationRows(adapter)
    show(rows === undefined ? {} : countsOf(rows))
    const failed = (rows ?? []).flatMap(({ name, state }) =>
      state === 'failed' ? [{ name, state }] : [],
    )
    info.show(failed)
    if (rows === undefined || source.directory === undefined) return
    const pending = await pendingIn(source.directory, rows)
    instruments.migrations.with('pending').set(pending.length)
    info.show([...failed, ...pending.map((name) => ({ name, state: 'pending' as const }))])
  }
  const start = (): Promise<void> | undefined => {
    const adapter = source.adapter()
    return adapter && read(adapter)
  }
  const { refreshSeconds } = source
  const refresh = refreshedReading({ gauge, refreshSeconds, instruments, errorReporter, start })
  const stops = [instruments.migrations, instruments.migrationInfo].map((instrument) =>
    instrument.beforeCollect(refresh),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

interface MigrationRow {
  readonly name: string
  readonly state: State
}

/** The rows of the table; undefined without the table. */
async function migrationRows(adapter: SqlDriverAdapter): Promise<MigrationRow[] | undefined> {
  const query = async (sql: string): Promise<unknown[][]> => {
    const { rows } = await asRecordedCall(() => adapter.queryRaw({ sql, args: [], argTypes: [] }))
    return rows
  }
  const { name: table, access } = migrationsTable(adapter)
  const [found] = await query(access)
  if (Number(found?.[0]) === 0) return undefined
  if (Number(found?.[0]) === 2) {
    throw codedError(
      'PRISMA_PROMETHEUS_MIGRATIONS_NOT_READABLE',
      `prisma-prometheus: ${gauge}: expected a role that may read ${table}, got one without SELECT on it; grant it, or set migrations: false`,
    )
  }
  const rows = await query(
    `SELECT migration_name, CASE WHEN rolled_back_at IS NOT NULL THEN 2 WHEN finished_at IS NOT NULL THEN 0 ELSE 1 END FROM ${table}`,
  )
  return rows.map(([name, state]) => ({
    name: String(name),
    state: states[Number(state)] ?? 'failed',
  }))
}

function countsOf(rows: readonly MigrationRow[]): Counts {
  const counts = { applied: 0, failed: 0, rolled_back: 0, pending: 0 }
  for (const { state } of rows) counts[state] += 1
  const { applied, failed, rolled_back } = counts
  return { applied, failed, rolled_back }
}

async function pendingIn(directory: string, rows: readonly MigrationRow[]): Promise<string[]> {
  // A rolled-back migration is pending again, unless another row shows it as applied or failed.
  const known = new Set(rows.filter(({ state }) => state !== 'rolled_back').map(({ name }) => name))
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && !known.has(entry.name))
    .map(({ name }) => name)
}
