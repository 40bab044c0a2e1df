import type { Prisma } from '../prisma.ts'

/** The client inside an interactive transaction. */
type Transaction = Parameters<Parameters<Prisma['$transaction']>[0]>[0]

export type JobName = keyof typeof jobs

export const jobs = {
  /** Writes a score of the day for each data source, from its latest drift. */
  'score-sources': async (tx: Transaction): Promise<void> => {
    const sources = await tx.dataSource.findMany({
      take: 5,
      include: { driftEvents: { take: 20 } },
    })
    const day = new Date(new Date().toDateString())
    for (const { id, driftEvents } of sources) {
      const score = 1 / (1 + driftEvents.length)
      await tx.qualityReport.upsert({
        where: { dataSourceId_day: { dataSourceId: id, day } },
        create: { dataSourceId: id, day, score },
        update: { score },
      })
    }
  },

  /** Writes, then fails: its rows are rolled back. */
  'sync-catalog': async (tx: Transaction): Promise<void> => {
    await tx.dataSource.updateMany({ data: { lastSeenAt: new Date() } })
    throw new Error('the catalog does not answer')
  },

  /** Takes longer than the timeout of a job. */
  'rebuild-history': async (tx: Transaction): Promise<void> => {
    await tx.alert.updateMany({ where: { status: 'RESOLVED' }, data: { value: 0 } })
    await tx.$queryRaw`SELECT pg_sleep(0.7)::text`
    await tx.driftEvent.count()
  },
}
