import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import postgres from '@prisma/orm-postgres/runtime'
import { prismaMetrics } from '../../../src/prisma-8.ts'
import { snapshot } from '../../../src/testing/index.ts'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import contractJson from '../../fixtures/prisma-8/contract.json' with { type: 'json' }
import { type Cut, startCommitProxy } from '../../support/commit-proxy.ts'
import { createDatabase } from '../../support/database/database.ts'

test.for<{ cut: Exclude<Cut, undefined>; committed: string[] }>([
  { cut: 'unanswered', committed: ['a'] },
  { cut: 'lost', committed: [] },
])('counts rows of a COMMIT whose answer is $cut as unknown', async ({ cut, committed }) => {
  const database = await createDatabase('prisma_8')
  const { hostname, port } = new URL(database.url)
  const proxy = await startCommitProxy({ host: hostname, port: Number(port) })
  const url = new URL(database.url)
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const pool = new Pool({ connectionString: url.href })
  pool.on('error', () => {})
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const db = metrics.instrument(
    postgres<Contract>({ contractJson, pg: metrics.pool(pool), middleware: [metrics.middleware] }),
  )
  onTestFinished(async () => {
    await db.close()
    await pool.end()
    await proxy[Symbol.asyncDispose]()
    await database.drop()
  })
  const events: unknown[] = []
  metrics.on('Tag', 'create', (event) => events.push(event))
  metrics.afterCommit(() => {})
  await db.orm.public.Note.create({ text: 'connected' })
  proxy.cut = cut
  const transaction = db.transaction((tx) => tx.orm.public.Tag.create({ name: 'a' }))
  await expect(transaction).rejects.toMatchObject({ code: 'RUNTIME.TRANSACTION_COMMIT_FAILED' })

  const rows = await database.query<{ name: string }>('SELECT name FROM "Tag"')
  expect(rows.map(({ name }) => name)).toEqual(committed)
  const now = await snapshot(registry)
  const model = 'Tag'
  expect(now.value('prisma_unknown_rows_total', { model, action: 'insert' })).toBe(1)
  expect(now.value('prisma_model_inserts_total', { model })).toBe(0)
  expect(now.value('prisma_rolled_back_rows_total', { model })).toBe(0)
  const duration = 'prisma_transaction_duration_seconds_count'
  expect(now.value(duration, { outcome: 'unknown' })).toBe(1)
  expect(now.value(duration, { outcome: 'commit' })).toBe(0)
  expect(now.value('prisma_transactions_in_flight')).toBe(0)
  expect(events).toEqual([])
})
