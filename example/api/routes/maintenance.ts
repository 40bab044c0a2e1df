import type { Prisma } from '../../prisma.ts'
import { route, type Route } from '../router.ts'

export function maintenanceRoutes(prisma: Prisma): Route[] {
  return [
    route('POST', '/maintenance/cleanup', async ({ json }) => {
      const { olderThanSeconds } = await json<{ olderThanSeconds: number }>()
      const before = new Date(Date.now() - olderThanSeconds * 1000)
      const [driftEvents, alerts, jobRuns] = await prisma.$transaction([
        prisma.driftEvent.deleteMany({ where: { detectedAt: { lt: before } } }),
        prisma.alert.deleteMany({ where: { createdAt: { lt: before }, status: 'RESOLVED' } }),
        prisma.jobRun.deleteMany({ where: { startedAt: { lt: before } } }),
      ])
      const unused = await prisma.$executeRaw`
        DELETE FROM "Tag" WHERE NOT EXISTS (SELECT FROM "_AlertToTag" WHERE "B" = "Tag".id)`
      return {
        status: 200,
        body: {
          driftEvents: driftEvents.count,
          alerts: alerts.count,
          jobRuns: jobRuns.count,
          tags: unused,
        },
      }
    }),
  ]
}
