import type { AlertStatus, Severity } from '../../../prisma/generated/client.ts'
import type { Prisma } from '../../prisma.ts'
import { route, type Route } from '../router.ts'

interface NewAlert {
  readonly workspace: string
  readonly sourceId?: string
  readonly causedById?: string
  readonly title: string
  readonly severity: Severity
  readonly value: number
  readonly tags: readonly string[]
}

export function alertRoutes(prisma: Prisma): Route[] {
  return [
    route('GET', '/alerts', async ({ query }) => {
      const alerts = await prisma.alert.findMany({
        where: { status: (query.get('status') ?? 'OPEN') as AlertStatus },
        include: { tags: true, dataSource: true },
        orderBy: { createdAt: 'desc' },
        take: Number(query.get('limit') ?? 50),
      })
      return { status: 200, body: alerts }
    }),

    route('POST', '/alerts', async ({ json }) => {
      const { workspace, sourceId, causedById, tags, ...alert } = await json<NewAlert>()
      const created = await prisma.alert.create({
        data: {
          ...alert,
          workspace: { connect: { slug: workspace } },
          ...(sourceId === undefined ? {} : { dataSource: { connect: { id: sourceId } } }),
          ...(causedById === undefined ? {} : { causedBy: { connect: { id: causedById } } }),
          tags: {
            connectOrCreate: tags.map((name) => ({ where: { name }, create: { name } })),
          },
        },
        include: { tags: true },
      })
      return { status: 201, body: created }
    }),

    // Counts once: a resolved alert is not found again.
    route('POST', '/alerts/:id/resolve', async ({ params: { id } }) => {
      const alert = await prisma.alert.update({
        where: { id, status: { not: 'RESOLVED' } },
        data: {
          status: 'RESOLVED',
          resolvedAt: new Date(),
          consequences: {
            updateMany: { where: { status: 'OPEN' }, data: { status: 'ACKNOWLEDGED' } },
          },
        },
      })
      return { status: 200, body: alert }
    }),

    route('POST', '/alerts/escalate', async ({ json }) => {
      const { olderThanSeconds } = await json<{ olderThanSeconds: number }>()
      const { count } = await prisma.alert.updateMany({
        where: {
          status: 'OPEN',
          severity: 'WARNING',
          createdAt: { lt: new Date(Date.now() - olderThanSeconds * 1000) },
        },
        data: { severity: 'CRITICAL' },
      })
      return { status: 200, body: { escalated: count } }
    }),

    route('POST', '/tags', async ({ json }) => {
      const { name } = await json<{ name: string }>()
      return { status: 201, body: await prisma.tag.create({ data: { name } }) }
    }),
  ]
}
