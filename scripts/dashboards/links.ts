import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type { Panel } from './panel.ts'

/** From a series with these labels to the dashboard about them. */
const destinations = [
  {
    label: 'model',
    title: 'Model ${__field.labels.model}',
    target: 'd/prisma-model?var-model=${__field.labels.model:percentencode}',
  },
  {
    label: 'scope',
    title: 'Scope ${__field.labels.scope}',
    target: 'd/prisma-requests?var-scope=${__field.labels.scope:percentencode}',
  },
  {
    label: 'http_route',
    title: 'Scope ${__field.labels.http_request_method} ${__field.labels.http_route}',
    target:
      'd/prisma-requests?var-scope=${__field.labels.http_request_method}%20${__field.labels.http_route:percentencode}',
  },
] as const

const kept = ['job', 'instance', 'client'].map((name) => `\${${name}:queryparam}`).join('&')

/** Links from the models, operations, scopes and routes of a panel to their dashboards. */
export function dataLinks({ queries }: Panel): dashboard.DashboardLinkBuilder[] {
  const legends = queries.map(({ legend = '' }) => legend).join(' ')
  return destinations
    .filter(({ label }) => legends.includes(`{{${label}}}`))
    .map(({ title, target }) =>
      new dashboard.DashboardLinkBuilder(title)
        .type(dashboard.DashboardLinkType.Link)
        // A path from the root of Grafana, which may be served below one.
        .url(`/${target}&${kept}&\${__url_time_range}`),
    )
}
