import { Counter } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** The value per day of data whose alerts were resolved: the revenue of this application. */
export function countValueSecured(metrics: Metrics): void {
  const value = new Counter({
    name: 'monitoring_value_secured_total',
    help: 'Value per day of the data whose alerts were resolved.',
  })
  metrics.on('Alert', 'update', ({ args, result }) => {
    if (args.data.status === 'RESOLVED') value.inc(result.value ?? 0)
  })
}
