import { Counter } from 'prom-client'
import type { Metrics, Prisma } from '../prisma.ts'

/**
 * Drift events, by what drifted and in what kind of source. The source itself would be no label: there
 * are ever more of them.
 */
export function countDriftEvents(metrics: Metrics, prisma: Prisma): void {
  const events = new Counter({
    name: 'monitoring_drift_events_total',
    help: 'Drift events, by kind of the source and of the drift.',
    labelNames: ['source', 'kind'],
  })
  // A handler may query: nobody waits for it.
  metrics.on('DriftEvent', 'createMany', async ({ args }) => {
    const drifts = [args.data].flat()
    const sources = await prisma.dataSource.findMany({
      where: { id: { in: drifts.map(({ dataSourceId }) => dataSourceId) } },
      select: { id: true, kind: true },
    })
    const kinds = new Map(sources.map(({ id, kind }) => [id, kind]))
    for (const { dataSourceId, kind } of drifts)
      events.inc({ source: kinds.get(dataSourceId) ?? 'gone', kind })
  })
}
