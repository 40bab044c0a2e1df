import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { applyMigrations, migrationsDirectory } from '../../../example/database/apply-migrations.ts'

const migrations = {
  monitoring: migrationsDirectory,
  multi_schema: fileURLToPath(new URL('../../fixtures/multi-schema/migrations', import.meta.url)),
  prisma_8: fileURLToPath(new URL('../../fixtures/prisma-8/migrations', import.meta.url)),
}

/** What a test's database starts as. `template1` is Postgres's own: empty, not audited. */
export type Template = keyof typeof migrations | 'template1'

/** Makes each template once for a run: migrated, audited and empty. */
export async function createTemplates(serverUrl: string): Promise<void> {
  const audit = await readFile(new URL('audit.sql', import.meta.url), 'utf8')
  for (const [template, directory] of Object.entries(migrations)) {
    await execute(serverUrl, `CREATE DATABASE ${template}`)
    const url = databaseUrl(serverUrl, template)
    await applyMigrations(url, directory)
    await execute(url, audit)
  }
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = database
  return url.href
}

export async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
