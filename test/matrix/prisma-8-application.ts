/**
 * The application of a user of Prisma 8, compiled and run in each runtime with each release. It ends with
 * an error if a number is wrong.
 */
export const prisma8Application = `
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import postgres, { type PostgresClient } from '@prisma/orm-postgres/runtime'
import { metricsResponse, prismaMetrics, type TypeMap } from 'prisma-prometheus/prisma-8'
import type { Contract } from './contract.d.ts'

const contractJson = JSON.parse(readFileSync('contract.json', 'utf8'))
const registry = new Registry()
const metrics = prismaMetrics<TypeMap<PostgresClient<Contract>>>({ registry })
const pool = new Pool({ connectionString: process.env['DATABASE_URL'] })
await pool.query('DROP TABLE IF EXISTS "Tag"')
await pool.query('CREATE TABLE "Tag" (id serial PRIMARY KEY, name text NOT NULL UNIQUE)')
const db = metrics.instrument(
  postgres<Contract>({ contractJson, pg: metrics.pool(pool), middleware: [metrics.middleware] }),
)
const names: string[] = []
metrics.on('Tag', 'create', ({ args: [{ name }] }) => names.push(name))

const { Tag } = db.orm.public
await Tag.create({ name: 'a' })
await Tag.createAll([{ name: 'b' }, { name: 'c' }])
await Tag.upsert({ create: { name: 'c' }, update: { name: 'd' }, conflictOn: { name: 'c' } })
await Tag.where({ name: 'a' }).update({ name: 'e' })
await db.runtime().execute(db.raw.sql\`DELETE FROM "Tag" WHERE name = \${'b'}\`.affectedCount().build())
await db.transaction((tx) => tx.orm.public.Tag.create({ name: 'committed' }))
await assert.rejects(
  db.transaction(async (tx) => {
    await tx.orm.public.Tag.create({ name: 'rolled back' })
    throw new Error('no')
  }),
)
await db.transaction(async (tx) => {
  await tx.orm.public.Tag.create({ name: 'swallowed' })
  await tx.orm.public.Tag.create({ name: 'committed' }).catch(() => {})
})
const request = new Request('http://127.0.0.1/metrics')
const text = await (await metricsResponse(request, { registry })).text()
const expected = {
  'prisma_model_inserts_total{client="default",model="Tag"}': 4,
  'prisma_model_upserts_total{client="default",model="Tag"}': 1,
  'prisma_model_updates_total{client="default",model="Tag"}': 1,
  'prisma_model_deletes_total{client="default",model="Tag"}': 1,
  'prisma_rolled_back_rows_total{client="default",model="Tag",action="insert"}': 2,
  'prisma_operation_errors_total{client="default",model="Tag",operation="create",code="23505"}': 1,
  'prisma_operations_in_flight{client="default"}': 0,
  'prisma_transactions_in_flight{client="default"}': 0,
}
for (const [series, value] of Object.entries(expected)) {
  assert.ok(text.includes('\\n' + series + ' ' + value + '\\n'), series + ' ' + value + '\\n' + text)
}
assert.deepEqual(names, ['a', 'committed'])
await db.close()
await pool.end()
`

export const prisma8Contract = `// use prisma-8
model Tag {
  id   Int    @id @default(autoincrement())
  name String @unique
}
`

/** Emits the contract with the tools of the installed release. */
export const emitContract = `
import { defineConfig } from '@prisma/orm-postgres/config'
import { executeContractEmit } from '@prisma/orm-toolchain/cli/control-api'
const folder = process.cwd()
const config = defineConfig({ contract: folder + '/contract.prisma', output: folder })
await executeContractEmit({ config, projectDir: folder, cwd: folder })
`
