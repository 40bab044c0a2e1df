import type { DriftKind } from '../../../prisma/generated/client.ts'
import { route, type Route } from '../../api/router.ts'
import type { Db } from '../client.ts'
import { found } from '../failure.ts'
import { type Quality, upsertQuality } from '../upsert-quality.ts'

interface Drift {
  readonly kind: DriftKind
  readonly column?: string
  readonly score: number
}

export function dataSourceRoutes(db: Db): Route[] {
  const { DataSource, DriftEvent, QualityReport } = db.orm.public
  return [
    route('GET', '/sources/:id', async ({ params: { id } }) => {
      const source = await DataSource.include('driftEvents', (events) =>
        events.orderBy((event) => event.detectedAt.desc()).limit(10),
      )
        .include('qualityReports', (reports) =>
          reports.orderBy((report) => report.day.desc()).limit(7),
        )
        .first({ id })
      return { status: 200, body: found(source) }
    }),

    route('POST', '/sources/:id/heartbeat', async ({ params: { id } }) => {
      found(
        await DataSource.where({ id }).update({ lastSeenAt: Temporal.Now.plainDateTimeISO('UTC') }),
      )
      return { status: 204 }
    }),

    route('POST', '/sources/:id/drift', async ({ params: { id }, json }) => {
      const events = await json<Drift[]>()
      const count = await DriftEvent.createAndCount(
        events.map(({ kind, column = null, score }) => ({ dataSourceId: id, kind, column, score })),
      )
      return { status: 201, body: { count } }
    }),

    route('PUT', '/sources/:id/quality/:day', async ({ params, json }) => {
      const quality = await json<Quality>()
      await db.runtime().execute(upsertQuality(db, params.id, params.day, quality))
      const day = Temporal.PlainDate.from(params.day)
      const report = await QualityReport.first({ dataSourceId: params.id, day })
      return { status: 200, body: report }
    }),

    // Deletes its drift events too; fails while the source has quality reports.
    route('DELETE', '/sources/:id', async ({ params: { id } }) => {
      found(await DataSource.where({ id }).delete())
      return { status: 204 }
    }),
  ]
}
