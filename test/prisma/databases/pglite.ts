import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { migrationsDirectory } from '../../../example/database/apply-migrations.ts'
import type { Writes } from '../../support/database/database.ts'
import type { AuditedDatabase } from './audited.ts'

/** A Postgres inside this process, migrated and audited. */
export async function createPglite(): Promise<AuditedDatabase> {
  const database = new PGlite()
  for (const folder of (await readdir(migrationsDirectory)).toSorted()) {
    if (folder.endsWith('.toml')) continue
    await database.exec(await readFile(join(migrationsDirectory, folder, 'migration.sql'), 'utf8'))
  }
  await database.exec(
    await readFile(new URL('../../support/database/audit.sql', import.meta.url), 'utf8'),
  )
  return {
    adapter: () => new PrismaPGlite(database),
    async audit() {
      const { rows } = await database.query<{ table: string } & Record<string, number>>(
        'SELECT * FROM audit.written_by_statements',
      )
      return Object.fromEntries(rows.map(({ table, ...actions }) => [table, actions])) as Writes
    },
    busy: async () => [],
    [Symbol.asyncDispose]: () => database.close(),
  }
}
