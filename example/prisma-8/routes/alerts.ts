import type { AlertStatus, Severity } from '../../../prisma/generated/client.ts'
import { route, type Route } from '../../api/router.ts'
import type { Db } from '../client.ts'
import { found } from '../failure.ts'

interface NewAlert {
  readonly workspace: string
  readonly sourceId?: string
  readonly causedById?: string
  readonly title: string
  readonly severity: Severity
  readonly value: number
  readonly tags: readonly string[]
}

export function alertRoutes(db: Db): Route[] {
  const { Alert, Tag } = db.orm.public
  return [
    route('GET', '/alerts', async ({ query }) => {
      const alerts = await Alert.where({ status: (query.get('status') ?? 'OPEN') as AlertStatus })
        .include('tags')
        .include('dataSource')
        .orderBy((alert) => alert.createdAt.desc())
        .limit(Number(query.get('limit') ?? 50))
        .all()
      return { status: 200, body: alerts }
    }),

    route('POST', '/alerts', async ({ json }) => {
      const { workspace, sourceId, causedById, tags, ...alert } = await json<NewAlert>()
      const created = await db.transaction(async ({ orm }) => {
        const { id: workspaceId } = found(await orm.public.Workspace.first({ slug: workspace }))
        const { id } = await orm.public.Alert.create({
          ...alert,
          workspaceId,
          dataSourceId: sourceId ?? null,
          causedById: causedById ?? null,
        })
        for (const name of tags) {
          await orm.public.Tag.createAll([{ name }], { onConflict: 'skip' })
          const tag = found(await orm.public.Tag.first({ name }))
          await orm.public.AlertToTag.createAll([{ A: id, B: tag.id }], { onConflict: 'skip' })
        }
        return orm.public.Alert.include('tags').first({ id })
      })
      return { status: 201, body: created }
    }),

    // Counts once: a resolved alert is not found again.
    route('POST', '/alerts/:id/resolve', async ({ params: { id } }) => {
      const resolved = await db.transaction(async ({ orm }) => {
        const alert = await orm.public.Alert.where({ id })
          .where((row) => row.status.neq('RESOLVED'))
          .update({ status: 'RESOLVED', resolvedAt: Temporal.Now.plainDateTimeISO('UTC') })
        await orm.public.Alert.where({ causedById: id, status: 'OPEN' }).updateAndCount({
          status: 'ACKNOWLEDGED',
        })
        return found(alert)
      })
      return { status: 200, body: resolved }
    }),

    route('POST', '/alerts/escalate', async ({ json }) => {
      const { olderThanSeconds } = await json<{ olderThanSeconds: number }>()
      const before = Temporal.Now.plainDateTimeISO('UTC').subtract({ seconds: olderThanSeconds })
      const escalated = await Alert.where({ status: 'OPEN', severity: 'WARNING' })
        .where((alert) => alert.createdAt.lt(before))
        .updateAndCount({ severity: 'CRITICAL' })
      return { status: 200, body: { escalated } }
    }),

    route('POST', '/tags', async ({ json }) => {
      const { name } = await json<{ name: string }>()
      return { status: 201, body: await Tag.create({ name }) }
    }),
  ]
}
