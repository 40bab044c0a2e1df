import { route, type Route } from '../../api/router.ts'
import type { Db } from '../client.ts'

export function maintenanceRoutes(db: Db): Route[] {
  return [
    route('POST', '/maintenance/cleanup', async ({ json }) => {
      const { olderThanSeconds } = await json<{ olderThanSeconds: number }>()
      const before = Temporal.Now.plainDateTimeISO('UTC').subtract({ seconds: olderThanSeconds })
      const deleted = await db.transaction(async ({ orm: { public: orm } }) => ({
        driftEvents: await orm.DriftEvent.where((event) =>
          event.detectedAt.lt(before),
        ).deleteAndCount(),
        alerts: await orm.Alert.where({ status: 'RESOLVED' })
          .where((alert) => alert.createdAt.lt(before))
          .deleteAndCount(),
        jobRuns: await orm.JobRun.where((run) => run.startedAt.lt(before)).deleteAndCount(),
      }))
      const unused = db.raw.sql`
        DELETE FROM "Tag" WHERE NOT EXISTS (SELECT FROM "_AlertToTag" WHERE "B" = "Tag".id)`
      const { affectedRows } = await db.runtime().execute(unused.affectedCount().build())
      return { status: 200, body: { ...deleted, tags: affectedRows } }
    }),
  ]
}
