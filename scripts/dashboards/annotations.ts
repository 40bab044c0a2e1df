import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { withVariables } from './expression.ts'

const source = { type: 'prometheus', uid: '$datasource' }

/** Events that explain a change in the panels. */
export const events = [
  {
    name: 'Alerts',
    color: 'red',
    expr: 'ALERTS{alertname=~"Prisma.*",alertstate="firing",job=~"$job"}',
    title: '{{alertname}}',
    text: '{{scope}} {{model}} {{operation}}',
  },
  {
    name: 'Deploys',
    color: 'blue',
    expr: 'count by (job) (time() - process_start_time_seconds{job=~"$job"} < 60)',
    title: 'Start of {{job}}',
    text: '',
  },
  {
    name: 'Migrations',
    color: 'purple',
    expr: withVariables(
      'max by (client, state) (changes(prisma_migrations{@,state=~"applied|failed"}[1m]) > 0)',
    ),
    title: 'Migration {{state}}',
    text: '{{client}}',
  },
] as const

export function annotations(): dashboard.AnnotationQueryBuilder[] {
  return events.map(({ name, color, expr, title, text }) =>
    new dashboard.AnnotationQueryBuilder()
      .name(name)
      .datasource(source)
      .enable(true)
      .iconColor(color)
      .expr(expr)
      .step('60s')
      .titleFormat(title)
      .textFormat(text),
  )
}
