import { route, type Route } from '../../api/router.ts'
import type { Db } from '../client.ts'

export function reportRoutes(db: Db): Route[] {
  const { sql } = db.raw
  return [
    // Three queries in one transaction, for a consistent result.
    route('GET', '/reports/summary', async () => {
      const body = await db.transaction(async ({ orm: { public: orm } }) => ({
        alerts: await orm.Alert.groupBy('severity', 'status').aggregate((group) => ({
          count: group.count(),
        })),
        quality: await orm.QualityReport.aggregate((all) => ({
          score: all.avg('score'),
          failedChecks: all.sum('failedChecks'),
        })),
        failedJobRuns: (
          await orm.JobRun.where({ outcome: 'FAILED' }).aggregate((all) => ({ count: all.count() }))
        ).count,
      }))
      return { status: 200, body }
    }),

    route('GET', '/reports/drift', async () => {
      const trend = sql`
        SELECT date_trunc('minute', "detectedAt")::text AS minute, kind::text, count(*)::int AS events
        FROM "DriftEvent"
        GROUP BY 1, 2
        ORDER BY 1 DESC
        LIMIT 100`
      const columns = { minute: 'pg/text@1', kind: 'pg/text@1', events: 'pg/int4@1' } as const
      return { status: 200, body: await db.runtime().query(trend.returnsRow(columns).build()) }
    }),

    // A slow query: no index supports it.
    route('GET', '/reports/history', async () => {
      const history = sql`
        SELECT count(*)::int AS alerts, pg_sleep(0.3)::text AS slow FROM "Alert"`
      const columns = { alerts: 'pg/int4@1', slow: 'pg/text@1' } as const
      return { status: 200, body: await db.runtime().query(history.returnsRow(columns).build()) }
    }),
  ]
}
