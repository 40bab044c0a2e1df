import { type Api, serveRoutes } from '../api/serve-routes.ts'
import type { Db } from './client.ts'
import { replyToFailure } from './failure.ts'
import { alertRoutes } from './routes/alerts.ts'
import { dataSourceRoutes } from './routes/data-sources.ts'
import { jobRoutes } from './routes/jobs.ts'
import { maintenanceRoutes } from './routes/maintenance.ts'
import { reportRoutes } from './routes/reports.ts'
import { workspaceRoutes } from './routes/workspaces.ts'

/** The API of the monitoring application on Prisma 8: the routes of `createApi`. */
export function createPrisma8Api(db: Db): Api {
  const routes = [
    ...workspaceRoutes(db),
    ...dataSourceRoutes(db),
    ...alertRoutes(db),
    ...jobRoutes(db),
    ...reportRoutes(db),
    ...maintenanceRoutes(db),
  ]
  return serveRoutes(routes, replyToFailure)
}
