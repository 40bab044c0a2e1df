import { orZero } from './expression.ts'
import type { DashboardPlan } from './panel.ts'

export const model: DashboardPlan = {
  name: 'prisma-model',
  title: 'Model',
  description: 'Operations, SQL and rows of one model.',
  variables: ['model'],
  rows: [
    {
      title: 'Operations on $model',
      panels: [
        {
          kind: 'timeseries',
          title: 'Operations',
          description: 'Operations on the model per second.',
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
          description: 'By operation.',
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
          description:
            'Far below the 99th percentile if a few operations are slow, near it if all are.',
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
              expr: orZero(
                'sum by (model, operation, code) (rate(prisma_operation_errors_total{@,model=~"$model"}[$__rate_interval]))',
                'model',
              ),
              legend: '{{model}}.{{operation}} {{code}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Share of the time',
          description:
            'Share of the time of the last hour, by operation. Optimize the largest first.',
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
              legend: '{{model}}.{{operation}} p95',
            },
            {
              expr: 'sum by (model, operation) (rate(prisma_operation_rows_sum{@,model=~"$model"}[$__rate_interval])) / sum by (model, operation) (rate(prisma_operation_rows_count{@,model=~"$model"}[$__rate_interval]))',
              legend: '{{model}}.{{operation}} mean',
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
            'By action. Native upserts are separate, because the database does not report which rows were inserted.',
          unit: 'rowsps',
          queries: ['inserts', 'updates', 'deletes', 'upserts'].map((action) => ({
            expr: `sum by (model) (rate(prisma_model_${action}_total{@,model=~"$model"}[$__rate_interval])) > 0`,
            legend: `{{model}} ${action}`,
          })),
        },
        {
          kind: 'timeseries',
          title: 'Rolled-back rows',
          description: 'Rows that were written and rolled back.',
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
            'SQL statements per second. Many statements per operation are nested writes or relations that are loaded.',
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
            'Time in the database. With drivers other than pg and Neon it includes the wait for a connection outside transactions.',
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
