import { dashboardPlans } from '../../../scripts/dashboards/dashboards.ts'
import { withVariables } from '../../../scripts/dashboards/expression.ts'
import { pictures } from '../../../scripts/images/pictures.ts'
import type { PanelRecording } from '../../../scripts/images/recording.ts'
import { fillVariables } from '../promql.ts'
import type { Prometheus } from './prometheus.ts'

/** The series of the drawn panels during a run, as JSON: `npm run images` draws them. */
export async function record(
  prometheus: Prometheus,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<string> {
  const recordings: PanelRecording[] = []
  for (const { name, rows } of dashboardPlans) {
    for (const panel of rows.flatMap((row) => row.panels)) {
      if (!pictures[name]?.includes(panel.title)) continue
      const queries = await Promise.all(
        panel.queries.map(async ({ expr, legend = '' }) => ({
          legend,
          series: (
            await prometheus.queryRange(fillVariables(withVariables(expr), '15s'), {
              start,
              end,
              step: 2,
            })
          ).map(({ metric, values = [] }) => ({
            labels: metric,
            values: values.map(
              ([time, value]) => [Math.round(time - start), rounded(value)] as const,
            ),
          })),
        })),
      )
      recordings.push({ dashboard: name, title: panel.title, queries })
    }
  }
  return `[\n${recordings.map((recording) => JSON.stringify(recording)).join(',\n')}\n]\n`
}

function rounded(value: string): number {
  return Number(Number(value).toPrecision(4))
}
