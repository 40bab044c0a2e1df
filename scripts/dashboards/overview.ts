import type { DashboardPlan } from './panel.ts'

export const overview: DashboardPlan = {
  name: 'prisma-overview',
  title: 'Overview',
  description:
    'Is it well? Traffic, errors, latency, rows and the pool of every client at a glance.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'stat',
          title: 'Operations',
          description: 'Prisma operations started a second, failed ones included.',
          unit: 'ops',
          queries: [
            { expr: 'sum(rate(prisma_operation_duration_seconds_count{@}[$__rate_interval]))' },
          ],
        },
        {
          kind: 'stat',
          title: 'Failing',
          description: 'Share of operations that reject, for whatever reason.',
          unit: 'percentunit',
          limits: [0.001, 0.01],
          runbook: 'PrismaErrorBudgetBurn',
          queries: [
            {
              expr: '(sum(rate(prisma_operation_errors_total{@}[$__rate_interval])) or vector(0)) / sum(rate(prisma_operation_duration_seconds_count{@}[$__rate_interval]))',
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
          description: 'Rows inserted, updated and deleted a second, and committed.',
          unit: 'rowsps',
          queries: [{ expr: 'sum(job_client_model:prisma_rows_written:rate5m{@})' }],
        },
        {
          kind: 'stat',
          title: 'Pool in use',
          description:
            'Share of the connections that may be opened and are busy, in the fullest pool.',
          unit: 'percentunit',
          limits: [0.8, 1],
          runbook: 'PrismaPoolExhausted',
          queries: [{ expr: 'max(job_instance_client:prisma_pool_busy:ratio{@})' }],
        },
        {
          kind: 'stat',
          title: 'Rolled back',
          description: 'Share of the transactions that are undone.',
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
    {
      title: 'Operations',
      panels: [
        {
          kind: 'timeseries',
          title: 'Operations by model',
          description: 'Which models are asked for; raw SQL counts as one of its own.',
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
            'Quantiles over all operations. A rising 99th with a flat 50th is one slow path.',
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
            "Prisma's codes. P2002, P2003 and P2025 are the caller's, P1… the connection's.",
          unit: 'ops',
          stack: true,
          runbook: 'PrismaErrorBudgetBurn',
          queries: [
            {
              expr: 'sum by (code) (rate(prisma_operation_errors_total{@}[$__rate_interval]))',
              legend: '{{code}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'In flight',
          description:
            'Operations and transactions begun and not ended. A line that only rises is a leak.',
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
            'Committed inserts, updates, deletes and upserts. A flat line that used to move is stalled business.',
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
          description: 'Idle and busy connections under the pool’s limit, and callers who wait.',
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
            'Versions and where the row counters come from. row_source="operations" means that the adapter is not wrapped.',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: 'max by (job, instance, client, client_version, provider, adapter, row_source) (prisma_client_info{@})',
            },
          ],
        },
        {
          kind: 'table',
          title: 'Firing alerts',
          description: 'Alerts of this bundle that fire or are about to.',
          unit: 'short',
          width: 12,
          queries: [{ expr: 'ALERTS{alertname=~"Prisma.*"}' }],
        },
        {
          kind: 'timeseries',
          title: 'Migrations',
          description:
            'Migrations by state. Anything failed or pending is a deployment that is not done.',
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
          description: 'How long a scrape takes, and metrics that were missing from one.',
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
