import postgres from '@prisma/orm-postgres/runtime'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/prisma-8.ts'
import { createDatabase } from '../../support/database/database.ts'
import { valuesOf } from '../../prisma/values.ts'
import { createProject, first, second } from './project.ts'

/** The migration gauges of a client with this contract. */
async function gauges(
  url: string,
  contractJson: unknown,
  directory?: string,
): Promise<Record<string, number>> {
  const registry = new Registry()
  const errors: unknown[] = []
  const migrations = directory === undefined ? {} : { directory }
  const onError = (error: unknown): unknown => errors.push(error)
  const metrics = prismaMetrics({ registry, migrations, onError })
  const pool = new Pool({ connectionString: url })
  const db = metrics.instrument(
    postgres({ contractJson, pg: metrics.pool(pool), middleware: [metrics.middleware] }),
  )
  await db.runtime().execute(db.raw.sql`SELECT 1`.affectedCount().build())
  const values = {
    ...(await valuesOf(registry, 'prisma_migrations')),
    ...(await valuesOf(registry, 'prisma_contract_in_sync')),
  }
  await db.close()
  await pool.end()
  expect(errors).toEqual([])
  return values
}

test('counts the migrations that Prisma 8 has applied, and those of the folder that it has not', async () => {
  await using database = await createDatabase('template1')
  const project = await createProject(database.url)
  const older = await project.plan('tags', first)
  expect(await gauges(database.url, older, project.directory)).toEqual({})
  await project.migrate()
  expect(await gauges(database.url, older, project.directory)).toEqual({
    'prisma_migrations{state="applied"}': 1,
    'prisma_migrations{state="pending"}': 0,
    prisma_contract_in_sync: 1,
  })
  const newer = await project.plan('notes', second)
  expect(await gauges(database.url, newer, project.directory)).toEqual({
    'prisma_migrations{state="applied"}': 1,
    'prisma_migrations{state="pending"}': 1,
    prisma_contract_in_sync: 0,
  })
  await project.migrate()
  expect(await gauges(database.url, newer)).toEqual({
    'prisma_migrations{state="applied"}': 2,
    prisma_contract_in_sync: 1,
  })
  // A process of the version before, after the deployment.
  expect(await gauges(database.url, older)).toMatchObject({ prisma_contract_in_sync: 0 })
})

test('counts a database that db init has signed as without migrations', async () => {
  await using database = await createDatabase('template1')
  const project = await createProject(database.url)
  const contract = await project.plan('tags', first)
  await project.initialize()
  expect(await gauges(database.url, contract)).toEqual({
    'prisma_migrations{state="applied"}': 0,
    prisma_contract_in_sync: 1,
  })
})
