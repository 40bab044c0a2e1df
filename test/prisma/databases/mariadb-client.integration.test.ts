import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { PrismaClient } from '../../fixtures/mariadb/generated/client.ts'
import { obstacleToMariadb, startMariadb } from './mariadb.ts'

const obstacle = await obstacleToMariadb()

test.skipIf(obstacle !== undefined)(
  "MariaDB's pool: reports a transaction that waits for a connection",
  async () => {
    await using server = await startMariadb()
    await using database = await server.createDatabase()
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
