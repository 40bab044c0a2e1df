import postgres from '@prisma/orm-postgres/runtime'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/prisma-8.ts'
import type { Contract } from '../fixtures/prisma-8/contract.d.ts'
import contractJson from '../fixtures/prisma-8/contract.json' with { type: 'json' }
import { connect } from './connect.ts'

test('removes series and gauges from the registry, and measures nothing any more', async () => {
  const { db, metrics, registry, errors } = await connect({ client: 'gone' })
  const series = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.includes('{client="gone"'))
  metrics.gauge({ name: 'answer', help: 'It.', read: () => 42 })
  await metrics.scope('job', () => db.orm.public.Tag.create({ name: 'a' }))
  expect(await series()).toContain('prisma_model_inserts_total{client="gone",model="Tag"} 1')
  expect(await series()).toContain('prisma_pool_connections_opened_total{client="gone"} 1')

  metrics.dispose()
  metrics[Symbol.dispose]()

  expect(await series()).toEqual([])
  await db.orm.public.Tag.create({ name: 'b' })
  await db.transaction(async (tx) => tx.orm.public.Tag.create({ name: 'c' }))
  await metrics.scope('other job', () => db.orm.public.Tag.create({ name: 'd' }))
  expect(await series()).toEqual([])
  expect(registry.getSingleMetric('answer')).toBeUndefined()
  expect(errors).toEqual([])
})

test('instruments the pool of a disposed instrumentation again', async () => {
  const { pool, metrics, registry, snapshot } = await connect()
  metrics.dispose()
  const again = prismaMetrics({ registry, client: 'again' })
  const bare = postgres<Contract>({
    contractJson,
    pg: again.pool(pool),
    middleware: [again.middleware],
  })
  const db = again.instrument(bare)

  await db.orm.public.Tag.create({ name: 'a' })

  const labels = { client: 'again', model: 'Tag' }
  const now = await snapshot()
  expect(now.value('prisma_model_inserts_total', labels)).toBe(1)
  expect(now.value('prisma_operation_duration_seconds_count', labels)).toBe(1)
  await bare.close()
})
