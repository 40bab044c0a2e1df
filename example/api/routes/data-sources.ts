import type { DriftKind } from '../../../prisma/generated/client.ts'
import type { Prisma } from '../../prisma.ts'
import { route, type Route } from '../router.ts'

interface Drift {
  readonly kind: DriftKind
  readonly column?: string
  readonly score: number
}

interface Quality {
  readonly score: number
  readonly checks: number
  readonly failedChecks: number
}

export function dataSourceRoutes(prisma: Prisma): Route[] {
  return [
    route('GET', '/sources/:id', async ({ params: { id } }) => {
      const source = await prisma.dataSource.findUniqueOrThrow({
        where: { id },
        include: {
          driftEvents: { orderBy: { detectedAt: 'desc' }, take: 10 },
          qualityReports: { orderBy: { day: 'desc' }, take: 7 },
        },
      })
      return { status: 200, body: source }
    }),

    route('POST', '/sources/:id/heartbeat', async ({ params: { id } }) => {
      await prisma.dataSource.update({ where: { id }, data: { lastSeenAt: new Date() } })
      return { status: 204 }
    }),

    route('POST', '/sources/:id/drift', async ({ params: { id }, json }) => {
      const events = await json<Drift[]>()
      const { count } = await prisma.driftEvent.createMany({
        data: events.map(({ kind, column = null, score }) => ({
          dataSourceId: id,
          kind,
          column,
          score,
        })),
      })
      return { status: 201, body: { count } }
    }),

    route('PUT', '/sources/:id/quality/:day', async ({ params, json }) => {
      const quality = await json<Quality>()
      const key = { dataSourceId: params.id, day: new Date(params.day) }
      const report = await prisma.qualityReport.upsert({
        where: { dataSourceId_day: key },
        create: { ...key, ...quality },
        update: quality,
      })
      return { status: 200, body: report }
    }),

    // Deletes its drift events too; fails while the source has quality reports.
    route('DELETE', '/sources/:id', async ({ params: { id } }) => {
      await prisma.dataSource.delete({ where: { id } })
      return { status: 204 }
    }),
  ]
}
