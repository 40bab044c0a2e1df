import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MigrationInfo } from '../database/migration-info.ts'
import { refreshedReading } from '../database/refreshed-reading.ts'
import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import type { Contract } from './plans/plan.ts'

/** Runs a query whose statements are not counted. */
export type SuppressedQuery = (sql: string) => Promise<readonly Record<string, unknown>[]>

/** Access to the tables that Prisma 8 writes. */
export interface MigrationsAccess {
  readonly provider: 'postgres' | 'sqlite'
  readonly query: SuppressedQuery
}

export interface MigrationsSource {
  /** The folder of the application's migrations: `migrations/app`. */
  readonly directory: string | undefined
  readonly refreshSeconds: number
  /** Undefined while no connection is free. */
  access(): MigrationsAccess | undefined
  /** The contract of the client; undefined before its first use. */
  contract(): Contract | undefined
}

const tables = {
  postgres: { ledger: 'prisma_contract.ledger', marker: 'prisma_contract.marker' },
  sqlite: { ledger: '_prisma_ledger', marker: '_prisma_marker' },
} as const

/** Querying for a table first avoids an error in the database's log. */
const finders = {
  postgres: (table: string) => `SELECT to_regclass('${table}') IS NOT NULL AS found`,
  sqlite: (table: string) => `SELECT count(*) AS found FROM sqlite_master WHERE name = '${table}'`,
} as const

/** The rows of the application in a table; undefined without the table. */
async function rowsOf(
  { provider, query }: MigrationsAccess,
  name: 'ledger' | 'marker',
  columns: string,
): Promise<readonly Record<string, unknown>[] | undefined> {
  const table = tables[provider][name]
  const [row] = await query(finders[provider](table))
  if (!row?.['found']) return undefined
  return query(`SELECT ${columns} FROM ${table} WHERE space = 'app'`)
}

/**
 * Keeps `prisma_migrations` and `prisma_contract_in_sync` up to date from the tables that Prisma 8 writes:
 * a row of the ledger is an applied migration, and one that has failed leaves no row.
 */
export function exposeMigrations(
  instruments: Instruments,
  source: MigrationsSource,
  errorReporter: ErrorReporter,
): void {
  const { refreshSeconds } = source
  const { migrations, migrationInfo, contractInSync } = instruments
  const info = new MigrationInfo(instruments)

  const readMigrations = async (access: MigrationsAccess): Promise<void> => {
    const rows = await rowsOf(access, 'ledger', 'migration_name, migration_hash')
    if (rows === undefined) {
      migrations.remove('applied')
      migrations.remove('pending')
      info.show([])
      return
    }
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

  const readContract = async (access: MigrationsAccess): Promise<void> => {
    const expected = source.contract()?.storage?.storageHash
    const rows = expected === undefined ? undefined : await rowsOf(access, 'marker', 'core_hash')
    const marker = rows?.[0]
    if (marker === undefined) contractInSync.remove()
    else contractInSync.with().set(marker['core_hash'] === expected ? 1 : 0)
  }

  const start =
    (read: (access: MigrationsAccess) => Promise<void>) => (): Promise<void> | undefined => {
      const access = source.access()
      return access && read(access)
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
