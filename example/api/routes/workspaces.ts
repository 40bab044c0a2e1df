import { Prisma as P } from '../../../prisma/generated/client.ts'
import type { Prisma } from '../../prisma.ts'
import { route, type Route } from '../router.ts'

interface NewSource {
  readonly name: string
  readonly kind: string
}

export function workspaceRoutes(prisma: Prisma): Route[] {
  return [
    route('GET', '/workspaces', async () => {
      const workspaces = await prisma.workspace.findMany({
        include: { dataSources: true, _count: { select: { alerts: true, jobRuns: true } } },
      })
      return { status: 200, body: workspaces }
    }),

    route('PUT', '/workspaces/:slug', async ({ params: { slug }, json }) => {
      const { name } = await json<{ name: string }>()
      const workspace = await prisma.workspace.upsert({
        where: { slug },
        create: { slug, name },
        update: { name },
      })
      return { status: 200, body: workspace }
    }),

    // All or nothing: one duplicate name rolls back the others.
    route('POST', '/workspaces/:slug/sources', async ({ params: { slug }, json }) => {
      const sources = await json<NewSource[]>()
      const created = await prisma.$transaction(async (tx) => {
        const { id: workspaceId } = await tx.workspace.findUniqueOrThrow({ where: { slug } })
        const rows = []
        for (const source of sources) {
          rows.push(await tx.dataSource.create({ data: { ...source, workspaceId } }))
        }
        return rows
      })
      return { status: 201, body: created }
    }),

    // As many as possible: each name in a nested transaction, which is a savepoint.
    route('POST', '/workspaces/:slug/import', async ({ params: { slug }, json }) => {
      const sources = await json<NewSource[]>()
      const imported = await prisma.$transaction(async (tx) => {
        const { id: workspaceId } = await tx.workspace.findUniqueOrThrow({ where: { slug } })
        let count = 0
        for (const source of sources) {
          try {
            await tx.$transaction((inner) =>
              inner.dataSource.create({ data: { ...source, workspaceId } }),
            )
            count += 1
          } catch (error) {
            const taken = error instanceof P.PrismaClientKnownRequestError && error.code === 'P2002'
            if (!taken) throw error
          }
        }
        return count
      })
      return { status: 200, body: { imported, skipped: sources.length - imported } }
    }),
  ]
}
