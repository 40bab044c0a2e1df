import { Counter, Histogram } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** Resolved alerts, by severity, and the time until they were resolved. */
export function countAlertsResolved(metrics: Metrics): void {
  const resolved = new Counter({
    name: 'monitoring_alerts_resolved_total',
    help: 'Alerts resolved, by severity.',
    labelNames: ['severity'],
  })
  const timeToResolve = new Histogram({
    name: 'monitoring_alert_resolution_seconds',
    help: 'Time from raising an alert to resolving it, in seconds.',
    labelNames: ['severity'],
    buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  })
  metrics.on('Alert', 'update', ({ args, result }) => {
    const { severity, createdAt, resolvedAt } = result
    if (args.data.status !== 'RESOLVED' || severity === undefined) return
    resolved.inc({ severity })
    if (createdAt === undefined || resolvedAt == null) return
    timeToResolve.observe({ severity }, (resolvedAt.getTime() - createdAt.getTime()) / 1000)
  })
}
