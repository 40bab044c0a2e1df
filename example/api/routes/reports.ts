import type { Prisma } from '../../prisma.ts'
import { route, type Route } from '../router.ts'

export function reportRoutes(prisma: Prisma): Route[] {
  return [
    // Three queries in one transaction, for a consistent result.
    route('GET', '/reports/summary', async () => {
      const [alerts, quality, jobRuns] = await prisma.$transaction([
        prisma.alert.groupBy({
          by: ['severity', 'status'],
          _count: true,
          orderBy: { severity: 'asc' },
        }),
        prisma.qualityReport.aggregate({ _avg: { score: true }, _sum: { failedChecks: true } }),
        prisma.jobRun.count({ where: { outcome: 'FAILED' } }),
      ])
      return { status: 200, body: { alerts, quality, failedJobRuns: jobRuns } }
    }),

    route('GET', '/reports/drift', async () => {
      const trend = await prisma.$queryRaw`
        SELECT date_trunc('minute', "detectedAt") AS minute, kind::text, count(*)::int AS events
        FROM "DriftEvent"
        GROUP BY 1, 2
        ORDER BY 1 DESC
        LIMIT 100`
      return { status: 200, body: trend }
    }),

    // A slow query: no index supports it.
    route('GET', '/reports/history', async () => {
      const history = await prisma.$queryRaw`
        SELECT count(*)::int AS alerts, pg_sleep(0.3)::text AS slow FROM "Alert"`
      return { status: 200, body: history }
    }),
  ]
}
