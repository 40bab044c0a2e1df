import { Histogram } from 'prom-client'
import type { Metrics } from '../prisma.ts'

/** Number and duration of background jobs, by name and outcome. */
export function timeJobRuns(metrics: Metrics): void {
  const duration = new Histogram({
    name: 'monitoring_job_duration_seconds',
    help: 'Duration of background jobs, by job and outcome, in seconds.',
    labelNames: ['job_name', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300],
  })
  metrics.on('JobRun', 'update', ({ result: { name, outcome, durationSeconds } }) => {
    if (name === undefined || outcome == null || durationSeconds == null) return
    duration.observe({ job_name: name, outcome }, durationSeconds)
  })
}
