import type { DashboardPlan } from './panel.ts'

export const model: DashboardPlan = {
  name: 'prisma-model',
  title: 'Model',
  description: 'One model from all sides: its operations, its SQL and its rows.',
  variables: ['model'],
  rows: [
    {
      title: 'Operations on $model',
      panels: [
        {
          kind: 'timeseries',
          title: 'Operations',
          description: 'What is asked of the model, a second.',
          unit: 'ops',
          stack: true,
          queries: [
            {
              expr: 'sum by (model, operation) (rate(prisma_operation_duration_seconds_count{@,model=~"$model"}[$__rate_interval]))',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: '99th percentile',
          description: 'By operation: the slow kind stands out.',
          unit: 's',
          runbook: 'PrismaSlowOperations',
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (model, operation, le) (rate(prisma_operation_duration_seconds_bucket{@,model=~"$model"}[$__rate_interval])))',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Mean duration',
          description: 'Far below the 99th percentile where a few are slow, near it where all are.',
          unit: 's',
          queries: [
            {
              expr: 'sum by (model, operation) (rate(prisma_operation_duration_seconds_sum{@,model=~"$model"}[$__rate_interval])) / sum by (model, operation) (rate(prisma_operation_duration_seconds_count{@,model=~"$model"}[$__rate_interval]))',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Errors',
          description: 'By operation and code.',
          unit: 'ops',
          runbook: 'PrismaErrorBudgetBurn',
          queries: [
            {
              expr: 'sum by (model, operation, code) (rate(prisma_operation_errors_total{@,model=~"$model"}[$__rate_interval]))',
              legend: '{{model}}.{{operation}} {{code}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Share of the time',
          description: 'Where the time of the last hour went: the first place to look for a gain.',
          unit: 's',
          queries: [
            {
              expr: 'topk(10, sum by (model, operation) (increase(prisma_operation_duration_seconds_sum{@,model=~"$model"}[1h])))',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Rows in a result',
          description: '95th percentile of the rows that list operations return.',
          unit: 'short',
          runbook: 'PrismaLargeResults',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (model, operation, le) (rate(prisma_operation_rows_bucket{@,model=~"$model"}[$__rate_interval])))',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Rows of $model',
      panels: [
        {
          kind: 'timeseries',
          title: 'Committed rows',
          description:
            'By action; native upserts apart, since the database does not say which they were.',
          unit: 'rowsps',
          queries: ['inserts', 'updates', 'deletes', 'upserts'].map((action) => ({
            expr: `sum by (model) (rate(prisma_model_${action}_total{@,model=~"$model"}[$__rate_interval])) > 0`,
            legend: `{{model}} ${action}`,
          })),
        },
        {
          kind: 'timeseries',
          title: 'Rolled-back rows',
          description: 'Rows written and undone: work for nothing.',
          unit: 'rowsps',
          runbook: 'PrismaRollbackRatio',
          queries: [
            {
              expr: 'sum by (model, action) (rate(prisma_rolled_back_rows_total{@,model=~"$model"}[$__rate_interval])) > 0',
              legend: '{{model}} {{action}}',
            },
          ],
        },
      ],
    },
    {
      title: 'SQL of $model',
      panels: [
        {
          kind: 'timeseries',
          title: 'Statements',
          description:
            'SQL statements a second; many to one operation is a nested write or a relation load.',
          unit: 'ops',
          stack: true,
          queries: [
            {
              expr: 'sum by (model, statement) (rate(prisma_statement_duration_seconds_count{@,model=~"$model"}[$__rate_interval]))',
              legend: '{{model}} {{statement}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: '99th percentile of statements',
          description:
            'The database’s part of the time, the wait for a connection included outside of transactions.',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (model, statement, le) (rate(prisma_statement_duration_seconds_bucket{@,model=~"$model"}[$__rate_interval])))',
              legend: '{{model}} {{statement}}',
            },
          ],
        },
      ],
    },
  ],
}
