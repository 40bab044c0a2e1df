import postgresServerless from '@prisma/orm-postgres/serverless'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/prisma-8.ts'
import { snapshot } from '../../../src/testing/index.ts'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import contractJson from '../../fixtures/prisma-8/contract.json' with { type: 'json' }
import { createDatabase } from '../../support/database/database.ts'

test('counts what postgresServerless does on its own connections, through cursors', async () => {
  await using database = await createDatabase('prisma_8')
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const db = metrics.instrument(
    postgresServerless<Contract>({ contractJson, middleware: [metrics.middleware] }),
  )
  for (const name of ['first', 'second']) {
    await using runtime = await db.connect({ url: database.url })
    const { Tag } = db.sql.public
    const inserted = Tag.insert([{ name }]).returning('id').build()
    expect(await runtime.query(inserted).toArray()).toHaveLength(1)
    const connection = await runtime.connection()
    const transaction = await connection.transaction()
    await transaction.execute(Tag.insert([{ name: `${name}, undone` }]).build())
    await transaction.rollback()
    await connection.release()
    expect(await runtime.query(Tag.select('name').build()).toArray()).toContainEqual({ name })
  }
  const now = await snapshot(registry)
  expect(now.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(2)
  expect(now.value('prisma_rolled_back_rows_total', { model: 'Tag', action: 'insert' })).toBe(2)
  const operations = 'prisma_operation_duration_seconds_count'
  expect(now.value(operations, { model: 'Tag', operation: 'insert' })).toBe(4)
  expect(now.value(operations, { model: 'Tag', operation: 'select' })).toBe(2)
  expect(now.value('prisma_transactions_in_flight')).toBe(0)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})
