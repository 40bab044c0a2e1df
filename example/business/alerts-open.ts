import type { Metrics, Prisma } from '../prisma.ts'

/** Alerts that are open, by severity: not counted along, but asked for when somebody scrapes. */
export function showAlertsOpen(metrics: Metrics, prisma: Prisma): void {
  metrics.gauge({
    name: 'monitoring_alerts_open',
    help: 'Alerts that are not resolved, by severity.',
    labelNames: ['severity'],
    refreshSeconds: 5,
    read: async () => {
      const open = await prisma.alert.groupBy({
        by: ['severity'],
        where: { status: { not: 'RESOLVED' } },
        _count: true,
      })
      return open.map(({ severity, _count }) => ({ labels: { severity }, value: _count }))
    },
  })
}
