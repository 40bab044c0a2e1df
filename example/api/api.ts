import type { Prisma } from '../prisma.ts'
import { replyToFailure } from './failure.ts'
import { alertRoutes } from './routes/alerts.ts'
import { dataSourceRoutes } from './routes/data-sources.ts'
import { jobRoutes } from './routes/jobs.ts'
import { maintenanceRoutes } from './routes/maintenance.ts'
import { reportRoutes } from './routes/reports.ts'
import { workspaceRoutes } from './routes/workspaces.ts'
import { type Api, serveRoutes } from './serve-routes.ts'

/** The JSON API of the monitoring application. It contains no code for metrics. */
export function createApi(prisma: Prisma): Api {
  return serveRoutes(
    [
      ...workspaceRoutes(prisma),
      ...dataSourceRoutes(prisma),
      ...alertRoutes(prisma),
      ...jobRoutes(prisma),
      ...reportRoutes(prisma),
      ...maintenanceRoutes(prisma),
    ],
    replyToFailure,
  )
}
