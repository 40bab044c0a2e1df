import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const minute = 60
const hour = 60 * minute
const week = 7 * 24 * hour

/** Samples of a counter from `from` to `to` seconds ago, growing by `step` every five seconds. */
interface Course {
  readonly from: number
  readonly to: number
  readonly step: number
  /** Seconds between two samples. */
  readonly every?: number
}

/**
 * Writes old samples into Prometheus's storage, for queries that compare with earlier times:
 * traffic a week ago, fast raw queries until now, and inserts of workspaces until twenty minutes ago.
 */
export function writeHistory(promtool: string, storage: string): void {
  const now = Math.floor(Date.now() / 1000)
  const labels = 'job="shop",instance="earlier",client="default",model="Workspace"'
  const rawQueries =
    'job="shop",instance="earlier",client="default",model="$raw",operation="$queryRaw"'
  const file = join(storage, '..', 'history.txt')
  writeFileSync(
    file,
    [
      '# TYPE prisma_operation_duration_seconds histogram',
      ...samples(now, `prisma_operation_duration_seconds_count{${labels},operation="findMany"}`, {
        from: week + hour,
        to: week,
        step: 100,
      }),
      ...(['count', 'sum'] as const).flatMap((kind) =>
        samples(now, `prisma_operation_duration_seconds_${kind}{${rawQueries}}`, {
          from: 4 * minute,
          to: 0,
          step: kind === 'count' ? 5 : 0.005,
          every: 1,
        }),
      ),
      '# TYPE prisma_model_inserts counter',
      ...samples(now, `prisma_model_inserts_total{${labels}}`, {
        from: hour + 20 * minute,
        to: 20 * minute,
        step: 10,
      }),
      '# EOF\n',
    ].join('\n'),
  )
  execFileSync(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, storage])
  rmSync(file)
}

function samples(now: number, series: string, { from, to, step, every = 5 }: Course): string[] {
  return Array.from(
    { length: (from - to) / every },
    (_, index) => `${series} ${index * step} ${now - from + index * every}`,
  )
}
