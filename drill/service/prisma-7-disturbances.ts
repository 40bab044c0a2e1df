import { setTimeout as sleep } from 'node:timers/promises'
import type { Disturbance } from './application.ts'
import type { Prisma } from './prisma-7.ts'

/**
 * The faults that are code of the service. A callback must report a line that follows a comment
 * `planted`.
 */
export function disturbances(prisma: Prisma): Readonly<Record<string, Disturbance>> {
  return {
    'n-plus-one': async () => {
      for (let value = 0; value < 15; value++) {
        // planted
        await prisma.alert.findFirst({ where: { value } })
      }
    },

    // Every twentieth call never resolves.
    leak: async ({ calls }) => {
      if (calls % 20 > 0) return
      // planted
      await prisma.$transaction(async (tx) => {
        await tx.alert.count()
        await new Promise(() => undefined)
      })
    },

    'fetch-in-transaction': async ({ slowUrl }) => {
      // planted
      await prisma.$transaction(async (tx) => {
        await tx.workspace.findFirst()
        const response = await fetch(slowUrl)
        await response.text()
      })
    },

    'unique-storm': async () => {
      for (let attempt = 0; attempt < 50; attempt++) {
        // planted
        await prisma.tag.create({ data: { name: 'urgent' } }).catch(() => undefined)
      }
    },

    'event-loop': async () => {
      const end = performance.now() + 300
      while (performance.now() < end);
    },

    'bulk-rollback': async () => {
      // planted
      await prisma.$transaction(
        async (tx) => {
          const { id: dataSourceId } = await tx.dataSource.findFirstOrThrow()
          const event = { dataSourceId, kind: 'VOLUME', score: 0 } as const
          for (let batch = 0; batch < 10; batch++) {
            await tx.driftEvent.createMany({ data: Array.from({ length: 5000 }, () => event) })
          }
          throw new Error('the last check fails')
        },
        { timeout: 60_000, maxWait: 10_000 },
      )
    },

    // Two jobs lock the same rows at the same times, each in its own order.
    deadlock: async ({ place }) => {
      const rows = await prisma.workspace.findMany({ take: 2, orderBy: { id: 'asc' } })
      const ids = rows.map(({ id }) => id)
      if (place === 'clean-up') ids.reverse()
      const update = (): Promise<unknown> =>
        // planted
        prisma.$transaction(async (tx) => {
          for (const id of ids) {
            // planted
            await tx.workspace.update({ where: { id }, data: { name: `seen by ${place}` } })
            await sleep(300)
          }
        })
      for (let batch = 0; batch < 3; batch++) {
        await sleep(2000 - (Date.now() % 2000))
        await update().catch(() => undefined)
      }
    },
  }
}
