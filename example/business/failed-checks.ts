import { Counter } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** Quality checks that failed, as they are reported. */
export function countFailedChecks(metrics: Metrics): void {
  const failed = new Counter({
    name: 'monitoring_quality_checks_failed_total',
    help: 'Data quality checks that failed, in all reports that came in.',
  })
  metrics.on('QualityReport', 'upsert', ({ args, result }) => {
    // The nightly job writes scores only: the checks in its result were counted when they came in.
    if (args.update.failedChecks !== undefined) failed.inc(result.failedChecks ?? 0)
  })
}
