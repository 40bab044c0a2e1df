import { Counter } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** Failed quality checks, counted when a report arrives. */
export function countFailedChecks(metrics: Metrics): void {
  const failed = new Counter({
    name: 'monitoring_quality_checks_failed_total',
    help: 'Failed data quality checks in received reports.',
  })
  metrics.on('QualityReport', 'upsert', ({ args, result }) => {
    // The nightly job writes scores only: the checks in its result were counted on arrival.
    if (args.update.failedChecks !== undefined) failed.inc(result.failedChecks ?? 0)
  })
}
