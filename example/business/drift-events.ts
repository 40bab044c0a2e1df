import { Counter } from 'prom-client'
import type { Metrics, Prisma } from '../prisma.ts'

/**
 * Drift events, by kind of drift and kind of source. The source itself is no label, because the
 * number of sources has no limit.
 */
export function countDriftEvents(metrics: Metrics, prisma: Prisma): void {
  const events = new Counter({
    name: 'monitoring_drift_events_total',
    help: 'Drift events, by kind of source and kind of drift.',
    labelNames: ['source', 'kind'],
  })
  // A handler may query: no operation waits for it.
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
