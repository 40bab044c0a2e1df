import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MigrationInfo } from '../database/migration-info.ts'
import { refreshedReading } from '../database/refreshed-reading.ts'
import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import type { Contract } from './plans/plan.ts'

/** Runs a query whose statements are not counted; undefined if no connection is free. */
export type SuppressedQuery = (sql: string) => Promise<Record<string, unknown>[]>

export interface MigrationsSource {
  /** The folder of the application's migrations: `migrations/app`. */
  readonly directory: string | undefined
  readonly refreshSeconds: number
  /** Undefined while no connection is free. */
  query(): SuppressedQuery | undefined
  /** The contract of the client; undefined before its first use. */
  contract(): Contract | undefined
}

/**
 * Keeps `prisma_migrations` and `prisma_contract_in_sync` up to date from the tables that Prisma 8 writes:
 * a row of `prisma_contract.ledger` is an applied migration, and one that has failed leaves no row.
 */
export function exposeMigrations(
  instruments: Instruments,
  source: MigrationsSource,
  errorReporter: ErrorReporter,
): void {
  const { refreshSeconds } = source
  const { migrations, migrationInfo, contractInSync } = instruments
  const info = new MigrationInfo(instruments)

  const readMigrations = async (query: SuppressedQuery): Promise<void> => {
    if (!(await exists(query, 'ledger'))) {
      migrations.remove('applied')
      migrations.remove('pending')
      info.show([])
      return
    }
    const rows = await query(
      `SELECT migration_name, migration_hash FROM prisma_contract.ledger WHERE space = 'app'`,
    )
    // The row of `db init` has no name.
    const applied = rows.filter((row) => row['migration_name'] !== '')
    migrations.with('applied').set(applied.length)
    if (source.directory === undefined) return
    const known = new Set(rows.map((row) => row['migration_hash']))
    const all = await migrationsIn(source.directory)
    const pending = all.filter(({ hash }) => !known.has(hash))
    migrations.with('pending').set(pending.length)
    info.show(pending.map(({ name }) => ({ name, state: 'pending' })))
  }

  const readContract = async (query: SuppressedQuery): Promise<void> => {
    const expected = source.contract()?.storage?.storageHash
    const rows =
      expected !== undefined && (await exists(query, 'marker'))
        ? await query(`SELECT core_hash FROM prisma_contract.marker WHERE space = 'app'`)
        : []
    const [marker] = rows
    if (marker === undefined) contractInSync.remove()
    else contractInSync.with().set(marker['core_hash'] === expected ? 1 : 0)
  }

  const start =
    (read: (query: SuppressedQuery) => Promise<void>) => (): Promise<void> | undefined => {
      const query = source.query()
      return query && read(query)
    }
  const reading = { refreshSeconds, instruments, errorReporter }
  const readingMigrations = refreshedReading({
    ...reading,
    gauge: 'prisma_migrations',
    start: start(readMigrations),
  })
  migrations.beforeCollect(readingMigrations)
  migrationInfo.beforeCollect(readingMigrations)
  contractInSync.beforeCollect(
    refreshedReading({ ...reading, gauge: 'prisma_contract_in_sync', start: start(readContract) }),
  )
}

/** Querying for the table first avoids an error in the database's log. */
async function exists(query: SuppressedQuery, table: 'ledger' | 'marker'): Promise<boolean> {
  const [row] = await query(`SELECT to_regclass('prisma_contract.${table}') IS NOT NULL AS found`)
  return row?.['found'] === true
}

interface MigrationFolder {
  readonly name: string
  readonly hash: string
}

/** The migrations of a folder, with the hashes in their `migration.json` files. */
async function migrationsIn(directory: string): Promise<MigrationFolder[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }): Promise<MigrationFolder[]> => {
      try {
        const text = await readFile(join(directory, name, 'migration.json'), 'utf8')
        const { migrationHash: hash } = JSON.parse(text) as { migrationHash?: unknown }
        return typeof hash === 'string' ? [{ name, hash }] : []
      } catch (error) {
        // Another folder, such as that of references.
        if ((error as { code?: unknown }).code === 'ENOENT') return []
        throw error
      }
    })
  return (await Promise.all(folders)).flat()
}
