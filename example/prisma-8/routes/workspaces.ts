import { route, type Route } from '../../api/router.ts'
import type { Db } from '../client.ts'
import { found } from '../failure.ts'

interface NewSource {
  readonly name: string
  readonly kind: string
}

export function workspaceRoutes(db: Db): Route[] {
  const { Workspace } = db.orm.public
  return [
    route('GET', '/workspaces', async () => ({
      status: 200,
      body: await Workspace.include('dataSources')
        .include('alerts', (alerts) => alerts.count())
        .include('jobRuns', (jobRuns) => jobRuns.count())
        .all(),
    })),

    route('PUT', '/workspaces/:slug', async ({ params: { slug }, json }) => {
      const { name } = await json<{ name: string }>()
      // Prisma 7 makes unique indexes, which a native upsert of Prisma 8 does not name.
      const workspace = await db.transaction(async ({ orm }) => {
        await orm.public.Workspace.createAll([{ slug, name }], { onConflict: 'skip' })
        return orm.public.Workspace.where({ slug }).update({ name })
      })
      return { status: 200, body: workspace }
    }),

    // All or nothing: one duplicate name rolls back the others.
    route('POST', '/workspaces/:slug/sources', async ({ params: { slug }, json }) => {
      const sources = await json<NewSource[]>()
      const created = await db.transaction(async ({ orm }) => {
        const { id: workspaceId } = found(await orm.public.Workspace.first({ slug }))
        const rows = []
        for (const source of sources)
          rows.push(await orm.public.DataSource.create({ ...source, workspaceId }))
        return rows
      })
      return { status: 201, body: created }
    }),

    // As many as possible. Prisma 8 has no nested transactions, so the database skips known names.
    route('POST', '/workspaces/:slug/import', async ({ params: { slug }, json }) => {
      const sources = await json<NewSource[]>()
      const imported = await db.transaction(async ({ orm }) => {
        const { id: workspaceId } = found(await orm.public.Workspace.first({ slug }))
        const rows = sources.map((source) => ({ ...source, workspaceId }))
        return orm.public.DataSource.createAndCount(rows, { onConflict: 'skip' })
      })
      return { status: 200, body: { imported, skipped: sources.length - imported } }
    }),
  ]
}
