import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'

export const migrationsDirectory = fileURLToPath(
  new URL('../../prisma/migrations', import.meta.url),
)

/** The table that `prisma migrate deploy` creates, so that Prisma's commands find the history. */
const historyTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`

// Prisma's lock key, so that this function and `prisma migrate deploy` exclude each other.
const lock = 'SELECT pg_advisory_lock(72707369)'

/**
 * Does the work of `prisma migrate deploy` without its schema engine, which cannot be downloaded
 * everywhere. Returns the names of the applied migrations, in order.
 *
 * @throws the database's error if a migration fails; its row then stays unfinished, as with Prisma.
 */
export async function applyMigrations(
  url: string,
  directory: string = migrationsDirectory,
): Promise<string[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(lock)
    await client.query(historyTable)
    const history = await client.query<{ migration_name: string }>(
      'SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    )
    const known = new Set(history.rows.map((row) => row.migration_name))
    const pending = (await migrationNames(directory)).filter((name) => !known.has(name))
    for (const name of pending) {
      await apply(client, name, await readFile(`${directory}/${name}/migration.sql`, 'utf8'))
    }
    return pending
  } finally {
    await client.end()
  }
}

async function migrationNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

async function apply(client: Client, name: string, script: string): Promise<void> {
  const id = randomUUID()
  const checksum = createHash('sha256').update(script).digest('hex')
  await client.query(
    'INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)',
    [id, checksum, name],
  )
  try {
    await client.query(script)
  } catch (error) {
    await client.query('UPDATE _prisma_migrations SET logs = $2 WHERE id = $1', [id, String(error)])
    throw error
  }
  await client.query(
    'UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1',
    [id],
  )
}
