import { Severity } from '../../prisma/generated/client.ts'
import type { Metrics, Prisma } from '../prisma.ts'

/** Open alerts, by severity: read from the database at scrape time. */
export function showAlertsOpen(metrics: Metrics, prisma: Prisma): void {
  metrics.gauge({
    name: 'monitoring_alerts_open',
    help: 'Unresolved alerts, by severity.',
    labelNames: ['severity'],
    refreshSeconds: 5,
    read: async () => {
      const open = await prisma.alert.groupBy({
        by: ['severity'],
        where: { status: { not: 'RESOLVED' } },
        _count: true,
      })
      // A panel of a severity without open alerts shows 0, not "No data".
      const counts = new Map(open.map(({ severity, _count }) => [severity, _count]))
      return Object.values(Severity).map((severity) => ({
        labels: { severity },
        value: counts.get(severity) ?? 0,
      }))
    },
  })
}
