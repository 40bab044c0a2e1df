import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { applyMigrations, migrationsDirectory } from '../../example/database/apply-migrations.ts'
import { connectSchemaEngine } from '../../scripts/schema-engine.ts'
import { createDatabase, type TestDatabase } from '../support/database/database.ts'

/** What `prisma migrate status` finds out, asked of the same engine. */
async function migrateStatus(database: TestDatabase, directory: string): Promise<object> {
  const engine = await connectSchemaEngine(database.url)
  const names = (await readdir(directory)).filter((name) => name !== 'migration_lock.toml')
  return engine.diagnoseMigrationHistory({
    migrationsList: {
      baseDir: directory,
      lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
      shadowDbInitScript: '',
      migrationDirectories: await Promise.all(
        names.map(async (name) => {
          const value = await readFile(join(directory, name, 'migration.sql'), 'utf8')
          return {
            path: name,
            migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } },
          }
        }),
      ),
    },
    optInToShadowDatabase: false,
    filters: { externalTables: [], externalEnums: [] },
  })
}

const inOrder = {
  editedMigrationNames: [],
  failedMigrationNames: [],
  hasMigrationsTable: true,
  history: null,
}

/** The project's migrations in a folder of their own, to be added to. */
async function copyOfMigrations(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await cp(migrationsDirectory, directory, { recursive: true })
  return directory
}

async function addMigration(directory: string, name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name))
  await writeFile(join(directory, name, 'migration.sql'), sql)
}

test('writes a history that Prisma accepts', async () => {
  await using database = await createDatabase('template1')

  const applied = await applyMigrations(database.url)

  expect(applied).toEqual(
    (await readdir(migrationsDirectory)).filter((name) => name !== 'migration_lock.toml'),
  )
  expect(await migrateStatus(database, migrationsDirectory)).toEqual(inOrder)
})

test('applies new migrations once', async () => {
  await using database = await createDatabase('template1')
  await applyMigrations(database.url)
  const directory = await copyOfMigrations()
  await addMigration(directory, '30000101000000_more', 'CREATE TABLE more (id int)')
  expect(await migrateStatus(database, directory)).toMatchObject({
    history: { unappliedMigrationNames: ['30000101000000_more'] },
  })

  const applied = await Promise.all([
    applyMigrations(database.url, directory),
    applyMigrations(database.url, directory),
  ])

  expect(applied.flat()).toEqual(['30000101000000_more'])
  expect(await migrateStatus(database, directory)).toEqual(inOrder)
})

test('records a failed migration as failed, and rolls it back', async () => {
  await using database = await createDatabase('template1')
  const directory = await copyOfMigrations()
  await addMigration(directory, '30000101000000_bad', 'CREATE TABLE half (id int); SELECT nonsense')

  await expect(applyMigrations(database.url, directory)).rejects.toThrow('nonsense')

  expect(await migrateStatus(database, directory)).toEqual({
    ...inOrder,
    failedMigrationNames: ['30000101000000_bad'],
  })
  expect(await database.query(`SELECT to_regclass('half') AS half`)).toEqual([{ half: null }])
})
