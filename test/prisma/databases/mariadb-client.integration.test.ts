import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { Registry } from 'prom-client'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { PrismaClient } from '../../fixtures/mariadb/generated/client.ts'
import { type MariadbServer, obstacleToMariadb, startMariadb } from './mariadb.ts'

const obstacle = await obstacleToMariadb()
let started: Promise<MariadbServer> | undefined
afterAll(async () => await (await started)?.[Symbol.asyncDispose]())

test.skipIf(obstacle !== undefined)(
  "MariaDB's pool: reports a transaction that waits for a connection",
  async () => {
    await using database = await (await (started ??= startMariadb())).createDatabase()
    const registry = new Registry()
    const metrics = prismaMetrics({ registry, migrations: false })
    const adapter = new PrismaMariaDb({ ...database.config, connectionLimit: 2, minimumIdle: 2 })
    const prisma = new PrismaClient({ adapter: metrics.adapter(adapter) }).$extends(
      metrics.extension,
    )
    const look = async () => {
      const now = await snapshot(registry)
      const labels = (state: string) => ({ state })
      return {
        busy: now.value('prisma_pool_connections', labels('busy')),
        idle: now.value('prisma_pool_connections', labels('idle')),
        pending: now.value('prisma_pool_pending_acquires'),
        opened: now.value('prisma_pool_connections_opened_total'),
        acquired: now.value('prisma_pool_acquire_duration_seconds_count', { outcome: 'ok' }),
      }
    }
    let open!: () => void
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const held = Array.from({ length: 3 }, (_, index) =>
      prisma.$transaction(
        async (tx) => {
          await tx.tag.create({ data: { name: `tag-${index}` } })
          await gate
        },
        { maxWait: 10_000, timeout: 10_000 },
      ),
    )
    onTestFinished(() => prisma.$disconnect())

    await vi.waitFor(async () => {
      expect(await look()).toEqual({ busy: 2, idle: 0, pending: 1, opened: 2, acquired: 2 })
    }, 8000)
    open()
    await Promise.all(held)
    await vi.waitFor(async () => {
      expect(await look()).toEqual({ busy: 0, idle: 2, pending: 0, opened: 2, acquired: 3 })
    }, 8000)
    expect(await registry.metrics()).not.toContain('prisma_pool_connections_max{')
  },
)

test.skipIf(obstacle !== undefined)('MariaDB: keeps static tags in the SQL', async () => {
  await using database = await (await (started ??= startMariadb())).createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, migrations: false })
  const tags = { application: 'shop', version: '1.2.3-rc/4' }
  const prisma = new PrismaClient({
    adapter: metrics.adapter(new PrismaMariaDb(database.config)),
    comments: [metrics.commentsWith({ tags })],
  }).$extends(metrics.extension)
  onTestFinished(() => prisma.$disconnect())

  const created = await prisma.tag.create({ data: { name: "'*/ /*!50000 x" } })
  const [own] = await prisma.$queryRaw<{ INFO: string }[]>`
    SELECT INFO FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID() AND ${1} = 1`

  expect(await prisma.tag.findMany()).toEqual([created])
  expect(own?.INFO).toMatch(/ \/\*application='shop',version='1\.2\.3-rc%2F4'\*\/$/)
  const now = await snapshot(registry)
  const statements = (model: string, operation: string): number | undefined =>
    now.value('prisma_operation_statements_total', { model, operation })
  expect(statements('Tag', 'create')).toBeGreaterThan(0)
  expect(statements('Tag', 'findMany')).toBe(1)
  expect(statements('$raw', '$queryRaw')).toBe(1)
})
