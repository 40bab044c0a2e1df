import { Counter } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** Alerts raised, by severity. */
export function countAlertsRaised(metrics: Metrics): void {
  const raised = new Counter({
    name: 'monitoring_alerts_raised_total',
    help: 'Alerts raised, by severity.',
    labelNames: ['severity'],
  })
  metrics.on('Alert', 'create', ({ result }) => {
    if (result.severity !== undefined) raised.inc({ severity: result.severity })
  })
}
