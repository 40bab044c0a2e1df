import { readFile } from 'node:fs/promises'
import { startEmbeddedPostgres } from '../example/database/embedded-postgres.ts'
import { applyMigrations } from '../example/database/apply-migrations.ts'
import { execute } from './faults/outside.ts'

/** A Postgres server whose databases are filled for the service. */
export interface DatabaseServer extends AsyncDisposable {
  /** Creates a database and returns its URL. */
  createDatabase(name: string): Promise<string>
}

const migrationOfPrisma8 = new URL(
  '../test/fixtures/prisma-8/migrations/20260112093000_init/migration.sql',
  import.meta.url,
)

export async function startDatabaseServer(version: '7' | '8'): Promise<DatabaseServer> {
  const server = await startEmbeddedPostgres({ max_connections: 40 })
  const urlOf = (name: string): string => {
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return url.href
  }
  await execute(server.url, 'CREATE DATABASE base')
  const base = urlOf('base')
  if (version === '7') {
    await applyMigrations(base)
    await execute(base, ...rowsOfPrisma7)
  } else {
    await execute(base, await readFile(migrationOfPrisma8, 'utf8'), ...rowsOfPrisma8)
  }
  return {
    async createDatabase(name) {
      await execute(server.url, `CREATE DATABASE "${name}" TEMPLATE base`)
      return urlOf(name)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const rowsOfPrisma7 = [
  `INSERT INTO "Workspace" (slug, name, "updatedAt")
   SELECT 'workspace-' || i, 'Workspace ' || i, now() FROM generate_series(1, 50) AS i`,
  `INSERT INTO "DataSource" (id, "workspaceId", name, kind, "updatedAt")
   SELECT gen_random_uuid(), w.id, 'source-' || i, 'table', now()
   FROM "Workspace" AS w, generate_series(1, 4) AS i`,
  `INSERT INTO "Alert" (id, "workspaceId", "dataSourceId", title, value, "updatedAt")
   SELECT gen_random_uuid(), s."workspaceId", s.id, 'late', i, now()
   FROM "DataSource" AS s, generate_series(1, 10) AS i`,
  `INSERT INTO "DriftEvent" ("dataSourceId", kind, score)
   SELECT s.id, 'VOLUME', i FROM "DataSource" AS s, generate_series(1, 15) AS i`,
  `INSERT INTO "QualityReport" (id, "dataSourceId", day, score)
   SELECT gen_random_uuid(), s.id, date '2026-01-01' + i, i
   FROM "DataSource" AS s, generate_series(1, 10) AS i`,
  `INSERT INTO "Tag" (name) VALUES ('urgent'), ('late')`,
  'ANALYZE',
]

const rowsOfPrisma8 = [
  `INSERT INTO app_user (email) SELECT i || '@example.org' FROM generate_series(1, 200) AS i`,
  `INSERT INTO "Post" (title, "authorId") SELECT 'post ' || i, 1 + i % 200 FROM generate_series(1, 2000) AS i`,
  `INSERT INTO comments ("postId", text) SELECT 1 + i % 2000, 'text' FROM generate_series(1, 4000) AS i`,
  `INSERT INTO "Tag" (name) VALUES ('urgent'), ('late')`,
  'ANALYZE',
]
