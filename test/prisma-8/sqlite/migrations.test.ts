import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { prismaMetrics } from '../../../src/prisma-8.ts'
import { valuesOf } from '../../prisma/values.ts'
import { createProject, first, second } from '../migrations/project.ts'
import { hasSqlite } from './database.ts'

/** The migration gauges of a client with this contract. */
async function gauges(
  path: string,
  contractJson: unknown,
  directory: string,
): Promise<Record<string, number>> {
  const { default: sqlite } = await import('@prisma/orm-sqlite/runtime')
  const registry = new Registry()
  const errors: unknown[] = []
  const onError = (error: unknown): unknown => errors.push(error)
  const metrics = prismaMetrics({
    registry,
    migrations: { directory, refreshSeconds: 0.001 },
    onError,
  })
  const db = metrics.instrument(sqlite({ contractJson, path, middleware: [metrics.middleware] }))
  const one = db.raw.sql`SELECT 1 AS one`.returnsRow({ one: 'sqlite/integer@1' })
  await db.runtime().query(one.build()).toArray()
  const values = async (): Promise<Record<string, number>> => ({
    ...(await valuesOf(registry, 'prisma_migrations')),
    ...(await valuesOf(registry, 'prisma_contract_in_sync')),
  })
  const read = await values()
  const statements = await valuesOf(registry, 'prisma_statement_duration_seconds')
  // A transaction can lock the file, and a closed client cannot be read: the last values stay.
  await db.transaction(async () => expect(await values()).toEqual(read))
  await db.close()
  expect(await values()).toEqual(read)
  expect(await valuesOf(registry, 'prisma_statement_duration_seconds')).toEqual(statements)
  expect(errors).toEqual([])
  return read
}

/** Prisma 8's own check of a migrated SQLite does not find the default of the id. */
function withoutDefault(contract: string): string {
  return contract.replaceAll(' @default(autoincrement())', '')
}

test.runIf(hasSqlite)('counts the migrations of a SQLite database', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-8-sqlite-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'test.db')
  const { defineConfig } = await import('@prisma/orm-sqlite/config')
  const project = await createProject(path, defineConfig, '@prisma/orm-sqlite')
  const older = await project.plan('tags', withoutDefault(first))
  expect(await gauges(path, older, project.directory)).toEqual({})
  await project.migrate()
  expect(await gauges(path, older, project.directory)).toEqual({
    'prisma_migrations{state="applied"}': 1,
    'prisma_migrations{state="pending"}': 0,
    prisma_contract_in_sync: 1,
  })
  const newer = await project.plan('notes', withoutDefault(second))
  expect(await gauges(path, newer, project.directory)).toEqual({
    'prisma_migrations{state="applied"}': 1,
    'prisma_migrations{state="pending"}': 1,
    prisma_contract_in_sync: 0,
  })
})
