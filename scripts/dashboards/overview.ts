import { orZero, unexpected } from './expression.ts'
import type { DashboardPlan, Row } from './panel.ts'

/** The mean duration, the known wait for a connection left out. */
const mean = (shift: string): string => {
  const spent = sumByOperation('prisma_operation_duration_seconds_sum', shift)
  const waited = sumByOperation('prisma_operation_wait_seconds_total', shift)
  const count = sumByOperation('prisma_operation_duration_seconds_count', shift)
  return `(${spent} - (${waited} or 0 * ${spent})) / ${count}`
}

function sumByOperation(name: string, shift: string): string {
  return `sum by (model, operation) (rate(${name}{@}[5m]${shift}))`
}

/** Where to look for the cause before its symptoms. */
const causes: Row = {
  title: 'Causes',
  panels: [
    {
      kind: 'timeseries',
      title: 'Time outside Prisma by scope',
      description:
        'Seconds per second that scopes spend outside Prisma. A scope above all others waits for another service, or for the event loop.',
      unit: 'short',
      stack: true,
      runbook: 'PrismaEventLoopBlocked',
      queries: [
        {
          expr: 'topk(8, sum by (scope) (rate(prisma_scope_duration_seconds_sum{@}[$__rate_interval])) - sum by (scope) (rate(prisma_scope_database_seconds_sum{@}[$__rate_interval])) > 0)',
          legend: '{{scope}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Connections held in idle transactions by scope',
      description:
        'Connections that transactions hold while no statement runs, on average. The scope with the most makes others wait.',
      unit: 'short',
      stack: true,
      runbook: 'PrismaIdleInTransaction',
      queries: [
        {
          expr: orZero(
            'topk(8, sum by (scope) (rate(prisma_scope_transaction_idle_seconds_total{@}[$__rate_interval])))',
            'scope',
          ),
          legend: '{{scope}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Failures by route',
      description: 'Requests that end with a status of 500 or more, or without a response.',
      unit: 'reqps',
      stack: true,
      runbook: 'PrismaRouteFailing',
      queries: [
        {
          expr: orZero(
            'sum by (http_request_method, http_route) (rate(http_server_request_duration_seconds_count{@,http_response_status_code=~"5..|"}[$__rate_interval]))',
            'http_route',
          ),
          legend: '{{http_request_method}} {{http_route}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Waiting callers',
      description: 'Callers that wait for a connection, on average and not sampled.',
      unit: 'short',
      runbook: 'PrismaPoolExhausted',
      queries: [
        {
          expr: 'sum by (client) (rate(prisma_pool_acquire_duration_seconds_sum{@}[$__rate_interval]))',
          legend: '{{client}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Event loop delay',
      description:
        'Above 0.1 s, the database only looks slow: its answers are read late. The next panel names the scope.',
      unit: 's',
      runbook: 'PrismaEventLoopBlocked',
      queries: [
        {
          expr: 'max by (instance, percentile) (prisma_event_loop_delay_seconds{@})',
          legend: '{{instance}} p{{percentile}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Event loop blocked by scope',
      description:
        'Seconds per second in which code of a scope blocks an event loop for 20 ms or longer. All other scopes of the process wait for it.',
      unit: 'short',
      stack: true,
      runbook: 'PrismaEventLoopBlocked',
      queries: [
        {
          expr: orZero(
            'topk(8, sum by (scope) (rate(prisma_scope_event_loop_blocked_seconds_total{@}[$__rate_interval])))',
            'scope',
          ),
          legend: '{{scope}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Operations slower than an hour ago',
      description:
        'Mean duration as a multiple of the mean of an hour ago, of operations above 10 ms, the known wait for a connection left out. Above 5 is another plan.',
      unit: 'short',
      runbook: 'PrismaSlowerThanBefore',
      queries: [
        {
          expr: orZero(
            `topk(8, (${mean('')} > 0.01) / (${mean(' offset 1h')}) > 1.5)`,
            'operation',
          ),
          legend: '{{model}}.{{operation}}',
        },
      ],
    },
  ],
}

export const overview: DashboardPlan = {
  name: 'prisma-overview',
  title: 'Overview',
  description: 'Traffic, errors, latency, rows and pool of every client.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'alerts',
          title: 'Firing alerts',
          description: 'Alerts of this bundle that fire.',
          unit: 'short',
          queries: [
            {
              expr: 'label_replace(ALERTS{alertname=~"Prisma.*",alertstate="firing",job=~"$job"}, "runbook", "$1", "alertname", "(.+)")',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Operations',
          description: 'Prisma operations per second, including failed ones.',
          unit: 'ops',
          queries: [
            { expr: 'sum(rate(prisma_operation_duration_seconds_count{@}[$__rate_interval]))' },
          ],
        },
        {
          kind: 'stat',
          title: 'Failing',
          description: 'Share of operations that fail with an unexpected code.',
          unit: 'percentunit',
          limits: [0.001, 0.01],
          runbook: 'PrismaErrorBudgetBurn',
          queries: [
            {
              expr: `(sum(rate(prisma_operation_errors_total{@,${unexpected}}[$__rate_interval])) or vector(0)) / sum(rate(prisma_operation_duration_seconds_count{@}[$__rate_interval]))`,
            },
          ],
        },
        {
          kind: 'stat',
          title: '99th percentile',
          description: 'One operation in a hundred takes longer than this.',
          unit: 's',
          limits: [0.25, 1],
          runbook: 'PrismaLatencyBudgetBurn',
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (le) (rate(prisma_operation_duration_seconds_bucket{@}[$__rate_interval])))',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Rows written',
          description: 'Committed inserts, updates and deletes per second.',
          unit: 'rowsps',
          queries: [{ expr: 'sum(job_client_model:prisma_rows_written:rate5m{@})' }],
        },
        {
          kind: 'stat',
          title: 'Pool in use',
          description: 'Busy connections divided by the maximum, in the fullest pool.',
          unit: 'percentunit',
          limits: [0.8, 1],
          runbook: 'PrismaPoolExhausted',
          queries: [{ expr: 'max(job_instance_client:prisma_pool_busy:ratio{@})' }],
        },
        {
          kind: 'stat',
          title: 'Rolled back',
          description: 'Share of transactions that are rolled back.',
          unit: 'percentunit',
          limits: [0.05, 0.1],
          runbook: 'PrismaRollbackRatio',
          queries: [
            {
              expr: '(sum(rate(prisma_transaction_duration_seconds_count{@,outcome="rollback"}[$__rate_interval])) or vector(0)) / sum(rate(prisma_transaction_duration_seconds_count{@}[$__rate_interval]))',
            },
          ],
        },
      ],
    },
    causes,
    {
      title: 'Operations',
      panels: [
        {
          kind: 'timeseries',
          title: 'Operations by model',
          description: 'By model. Raw SQL is shown as one model.',
          unit: 'ops',
          stack: true,
          queries: [
            {
              expr: 'sum by (model) (rate(prisma_operation_duration_seconds_count{@}[$__rate_interval]))',
              legend: '{{model}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Latency',
          description:
            'Quantiles over all operations. If only the 99th percentile rises, one code path is slow.',
          unit: 's',
          runbook: 'PrismaLatencyBudgetBurn',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(prisma_operation_duration_seconds_bucket{@}[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
        },
        {
          kind: 'timeseries',
          title: 'Errors by code',
          description:
            "Prisma's codes. P2002, P2003 and P2025 are caused by the caller, P1… by the connection.",
          unit: 'ops',
          stack: true,
          runbook: 'PrismaErrorBudgetBurn',
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
          title: 'In flight',
          description:
            'Operations and transactions that have not ended. A line that only rises is a leak.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (client) (prisma_operations_in_flight{@})',
              legend: '{{client}} operations',
            },
            {
              expr: 'sum by (client) (prisma_transactions_in_flight{@})',
              legend: '{{client}} transactions',
            },
          ],
        },
      ],
    },
    {
      title: 'Rows and connections',
      panels: [
        {
          kind: 'timeseries',
          title: 'Rows written by model',
          description:
            'Committed inserts, updates, deletes and upserts. A line that becomes flat means that business has stalled.',
          unit: 'rowsps',
          runbook: 'PrismaWriteSurge',
          queries: [
            {
              expr: 'sum by (model) (job_client_model:prisma_rows_written:rate5m{@}) > 0',
              legend: '{{model}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Connections',
          description: 'Idle and busy connections, the limit of the pool, and waiting callers.',
          unit: 'short',
          runbook: 'PrismaPoolExhausted',
          queries: [
            { expr: 'sum by (state) (prisma_pool_connections{@})', legend: '{{state}}' },
            { expr: 'sum(prisma_pool_connections_max{@})', legend: 'limit' },
            { expr: 'sum(prisma_pool_pending_acquires{@})', legend: 'waiting' },
          ],
        },
      ],
    },
    {
      title: 'State',
      panels: [
        {
          kind: 'table',
          title: 'Clients',
          description:
            'Versions and the source of the row counters. row_source="operations" means that the adapter is not wrapped.',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: 'max by (job, instance, client, client_version, provider, adapter, row_source) (prisma_client_info{@})',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Migrations',
          description:
            'Migrations by state. A failed or pending migration means that the deployment is incomplete.',
          unit: 'short',
          runbook: 'PrismaMigrationFailed',
          queries: [
            {
              expr: 'max by (client, state) (prisma_migrations{@})',
              legend: '{{client}} {{state}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Scrapes',
          description: 'Duration of scrapes, and metrics that were missing from them.',
          unit: 's',
          runbook: 'PrismaCollectErrors',
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (le) (rate(prisma_exposition_duration_seconds_bucket{@}[$__rate_interval])))',
              legend: 'p99',
            },
          ],
        },
      ],
    },
  ],
}
