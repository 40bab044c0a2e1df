import type { DashboardPlan } from './panel.ts'

export const business: DashboardPlan = {
  name: 'prisma-business',
  title: 'Business of the example',
  description: 'What the monitoring application is for: alerts, drift, quality, jobs.',
  rows: [
    {
      title: 'From the rows alone',
      panels: [
        {
          kind: 'timeseries',
          title: 'Alerts raised',
          description: 'Rows of Alert that were inserted and committed, an hour.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (client) (increase(prisma_model_inserts_total{@,model="Alert"}[1h]))',
              legend: '{{client}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Drift, quality and jobs',
          description: 'Rows inserted a second, by model.',
          unit: 'rowsps',
          runbook: 'PrismaWritesStalled',
          queries: [
            {
              expr: 'sum by (model) (rate(prisma_model_inserts_total{@,model=~"DriftEvent|QualityReport|JobRun"}[$__rate_interval]))',
              legend: '{{model}}',
            },
          ],
        },
      ],
    },
  ],
}
