import { orZero, unexpected } from './expression.ts'
import type { DashboardPlan } from './panel.ts'

export const errors: DashboardPlan = {
  name: 'prisma-errors',
  title: 'Errors and slow operations',
  description: 'Failures, slow operations and large results.',
  rows: [
    {
      title: 'Errors',
      panels: [
        {
          kind: 'timeseries',
          title: 'Share of failing operations',
          description: 'By model. A step at a deployment points to its code.',
          unit: 'percentunit',
          runbook: 'PrismaErrorBudgetBurn',
          queries: [
            {
              expr: orZero(
                `sum by (model) (rate(prisma_operation_errors_total{@,${unexpected}}[$__rate_interval])) / sum by (model) (rate(prisma_operation_duration_seconds_count{@}[$__rate_interval]))`,
                'model',
              ),
              legend: '{{model}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Errors by code',
          description: "Prisma's codes, or validation, initialization, panic, unknown.",
          unit: 'ops',
          stack: true,
          queries: [
            {
              expr: orZero(
                'sum by (code) (rate(prisma_operation_errors_total{@}[$__rate_interval]))',
                'code',
              ),
              legend: '{{code}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Database errors by kind',
          description:
            'Error kinds that the driver adapter reports. Prisma derives the error codes from them.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaConnectionFailures',
          queries: [
            {
              expr: orZero(
                'sum by (kind) (rate(prisma_statement_errors_total{@}[$__rate_interval]))',
                'kind',
              ),
              legend: '{{kind}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Most errors of the last hour',
          description: 'By operation and code.',
          unit: 'short',
          queries: [
            {
              expr: orZero(
                'topk(10, sum by (model, operation, code) (increase(prisma_operation_errors_total{@}[1h])))',
                'model',
              ),
              legend: '{{model}}.{{operation}} {{code}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Failures of transactions by phase',
          description:
            'Failures at BEGIN, at COMMIT and by a timeout of the callback. They are errors of no operation.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaErrorBudgetBurn',
          queries: [
            {
              expr: orZero(
                'sum by (phase, code) (rate(prisma_transaction_errors_total{@}[$__rate_interval]))',
                'phase',
              ),
              legend: '{{phase}} {{code}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Slow operations',
      panels: [
        {
          kind: 'timeseries',
          title: 'Slow operations',
          description: 'Slower than slowOperation.seconds, by model and operation.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaSlowOperations',
          queries: [
            {
              expr: orZero(
                'sum by (model, operation) (rate(prisma_slow_operations_total{@}[$__rate_interval]))',
                'model',
              ),
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Slowest operations',
          description: '99th percentile, the ten slowest.',
          unit: 's',
          runbook: 'PrismaLatencyBudgetBurn',
          queries: [
            {
              expr: 'topk(10, job_client_model_operation:prisma_operation_duration_seconds:p99_5m{@} > 0)',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Results of more than 1000 rows',
          description: 'Lists too long for a page, usually because take is missing.',
          unit: 'ops',
          runbook: 'PrismaLargeResults',
          queries: [
            {
              expr: 'sum by (model, operation) (rate(prisma_operation_rows_count{@}[$__rate_interval])) - sum by (model, operation) (rate(prisma_operation_rows_bucket{@,le=~"1000(\\\\.0)?"}[$__rate_interval]))',
              legend: '{{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Slowest SQL by table and verb',
          description: '99th percentile of statements, the five slowest.',
          unit: 's',
          queries: [
            {
              expr: 'topk(5, histogram_quantile(0.99, sum by (model, statement, le) (rate(prisma_statement_duration_seconds_bucket{@}[$__rate_interval]))) > 0)',
              legend: '{{model}} {{statement}}',
            },
          ],
        },
      ],
    },
    {
      title: 'The instrumentation itself',
      panels: [
        {
          kind: 'timeseries',
          title: 'Failures',
          description:
            'Failures of the instrumentation, event handlers and collectors, and series folded at maxSeries. All should be 0.',
          unit: 'ops',
          width: 24,
          runbook: 'PrismaInstrumentationErrors',
          queries: [
            {
              expr: 'sum(rate(prisma_instrumentation_errors_total{@}[$__rate_interval]))',
              legend: 'instrumentation',
            },
            {
              expr: 'sum by (model, operation) (rate(prisma_event_handler_errors_total{@}[$__rate_interval]))',
              legend: 'handler of {{model}}.{{operation}}',
            },
            {
              expr: 'sum by (metric) (rate(prisma_exposition_collect_errors_total{@}[$__rate_interval]))',
              legend: 'collecting {{metric}}',
            },
            {
              expr: 'sum by (gauge) (rate(prisma_reading_errors_total{@}[$__rate_interval]))',
              legend: 'reading {{gauge}}',
            },
            {
              expr: 'sum by (metric) (rate(prisma_series_dropped_total{@}[$__rate_interval]))',
              legend: 'folded in {{metric}}',
            },
          ],
        },
      ],
    },
  ],
}
