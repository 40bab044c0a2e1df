import { Counter } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** Quality checks that failed, as they are reported. */
export function countFailedChecks(metrics: Metrics): void {
  const failed = new Counter({
    name: 'monitoring_quality_checks_failed_total',
    help: 'Data quality checks that failed, in all reports that came in.',
  })
  metrics.on('QualityReport', ['create', 'update', 'upsert'], ({ result }) => {
    failed.inc(result.failedChecks ?? 0)
  })
}
