import { PrismaPg } from '@prisma/adapter-pg'
import { migrationsDirectory } from '../../example/database/apply-migrations.ts'
import { type Prisma as P, PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import type { Application, Report, Route } from './application.ts'
import { disturbances } from './prisma-7-disturbances.ts'

export type Prisma = ReturnType<typeof connect>['prisma']

function connect(connectionString: string, report: Report) {
  const metrics = prismaMetrics<P.TypeMap>({
    onError: () => undefined,
    migrations: { directory: migrationsDirectory, refreshSeconds: 1 },
    slowOperation: {
      seconds: 0.25,
      onSlow: ({ stack = '' }) => report({ callback: 'onSlow', stack }),
    },
    failedOperation: { onFailed: ({ stack = '' }) => report({ callback: 'onFailed', stack }) },
    longTransaction: {
      seconds: 3,
      onLong: ({ stack = '' }) => report({ callback: 'onLong', stack }),
    },
    nPlusOne: { onSuspect: ({ stack = '' }) => report({ callback: 'onSuspect', stack }) },
  })
  const pool = {
    connectionString,
    max: 5,
    connectionTimeoutMillis: 2000,
    // Connections are renewed after 5 minutes, 15 s of the shortened clock.
    maxLifetimeSeconds: 15,
  }
  const prisma = new PrismaClient({
    adapter: metrics.adapter(new PrismaPg(pool)),
  }).$extends(metrics.extension)
  return { prisma, metrics }
}

/** The service on Prisma 7: 12 routes and 2 jobs over the example's schema. */
export function openPrisma7(url: string, report: Report): Application {
  const { prisma, metrics } = connect(url, report)
  const ids = { workspaces: [''], sources: [''], alerts: [''] }
  let next = 0
  return {
    routes: routes(prisma),
    jobs: {
      'sync-sources': () => sync(prisma),
      'clean-up': () =>
        prisma.driftEvent.deleteMany({
          where: { detectedAt: { lt: new Date(Date.now() - 30_000) }, column: 'drill' },
        }),
    },
    disturbances: disturbances(prisma),
    scope: (name, job) => metrics.scope(name, job),
    async readIds() {
      ids.workspaces = (await prisma.workspace.findMany({ take: 50 })).map(({ id }) => String(id))
      ids.sources = (await prisma.dataSource.findMany({ take: 50 })).map(({ id }) => id)
      ids.alerts = (await prisma.alert.findMany({ take: 200 })).map(({ id }) => id)
    },
    idFor(path) {
      const kind = path.split('/')[1] as keyof typeof ids
      const all = ids[kind] ?? ['']
      return all[next++ % all.length] ?? ''
    },
    reportOpenTransactions() {
      for (const { stack = '' } of metrics.openTransactions()) {
        report({ callback: 'openTransactions()', stack })
      }
    },
    close: () => prisma.$disconnect(),
  }
}

function sync(prisma: Prisma): Promise<unknown> {
  return prisma.$transaction(async (tx) => {
    const source = await tx.dataSource.findFirst({ orderBy: { lastSeenAt: 'asc' } })
    await tx.dataSource.updateMany({
      where: { id: source?.id ?? '' },
      data: { lastSeenAt: new Date() },
    })
  })
}

let created = 0
const unique = (): string => `drill-${process.pid}-${created++}`

function routes(prisma: Prisma): Route[] {
  return [
    { method: 'get', path: '/workspaces', run: () => prisma.workspace.findMany({ take: 20 }) },
    {
      method: 'get',
      path: '/workspaces/:id',
      run: (id) =>
        prisma.workspace.findUnique({
          where: { id: Number(id) },
          include: { dataSources: { take: 5 } },
        }),
    },
    {
      method: 'post',
      path: '/workspaces/:id/runs',
      run: (id) => prisma.jobRun.create({ data: { name: unique(), workspaceId: Number(id) } }),
    },
    { method: 'get', path: '/sources', run: () => prisma.dataSource.findMany({ take: 20 }) },
    {
      method: 'get',
      path: '/sources/:id',
      run: (id) => prisma.dataSource.findUnique({ where: { id } }),
    },
    {
      method: 'get',
      path: '/sources/:id/events',
      run: (dataSourceId) =>
        prisma.driftEvent.findMany({
          where: { dataSourceId },
          orderBy: { detectedAt: 'desc' },
          take: 20,
        }),
    },
    {
      method: 'post',
      path: '/sources/:id/events',
      run: (dataSourceId) =>
        prisma.driftEvent.create({
          data: { dataSourceId, kind: 'VOLUME', score: 1, column: 'drill' },
        }),
    },
    {
      method: 'get',
      path: '/alerts',
      run: () => prisma.alert.findMany({ where: { status: 'OPEN' }, take: 20 }),
    },
    {
      method: 'get',
      path: '/alerts/:id',
      run: (id) => prisma.alert.findUnique({ where: { id }, include: { tags: true } }),
    },
    {
      method: 'post',
      path: '/alerts/:id/resolve',
      run: (id) =>
        prisma.$transaction(async (tx) => {
          await tx.alert.update({ where: { id }, data: { resolvedAt: new Date() } })
          return tx.alert.findUnique({ where: { id } })
        }),
    },
    {
      method: 'get',
      path: '/workspaces/:id/alerts',
      run: (id) => prisma.alert.count({ where: { workspaceId: Number(id), status: 'OPEN' } }),
    },
    {
      method: 'get',
      path: '/sources/:id/reports',
      run: (dataSourceId) =>
        prisma.qualityReport.aggregate({ where: { dataSourceId }, _avg: { score: true } }),
    },
  ]
}
