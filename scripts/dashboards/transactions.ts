import { orZero } from './expression.ts'
import type { DashboardPlan } from './panel.ts'

export const transactions: DashboardPlan = {
  name: 'prisma-transactions',
  title: 'Transactions and pool',
  description: 'Connections, waits for BEGIN, locks and rollbacks.',
  rows: [
    {
      title: 'Pool',
      panels: [
        {
          kind: 'timeseries',
          title: 'Connections',
          description:
            'By instance. If busy connections reach the limit and callers wait, the pool is exhausted.',
          unit: 'short',
          runbook: 'PrismaPoolExhausted',
          queries: [
            {
              expr: 'sum by (instance, state) (prisma_pool_connections{@})',
              legend: '{{instance}} {{state}}',
            },
            {
              expr: 'sum by (instance) (prisma_pool_connections_max{@})',
              legend: '{{instance}} limit',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Callers waiting',
          description:
            'Callers at the time of the scrape. A persistent number means too few connections, or connections held too long.',
          unit: 'short',
          runbook: 'PrismaPoolExhausted',
          queries: [
            {
              expr: 'sum by (instance, client) (prisma_pool_pending_acquires{@})',
              legend: '{{instance}} {{client}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Time to get a connection',
          description: 'Microseconds while connections are free.',
          unit: 's',
          runbook: 'PrismaPoolWaiting',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(prisma_pool_acquire_duration_seconds_bucket{@,outcome="ok"}[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
        },
        {
          kind: 'timeseries',
          title: 'Callers waiting, by scope',
          description:
            'Callers that wait for a connection, on average, with pg and Neon. They are victims: the scopes below hold the connections.',
          unit: 'short',
          stack: true,
          runbook: 'PrismaPoolWaiting',
          queries: [
            {
              expr: 'sum by (scope) (rate(prisma_scope_wait_seconds_total{@}[$__rate_interval]))',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Connections opened, closed, failed',
          description:
            'If connections are opened continuously, the pool closes idle ones too early. Failures point to the network or the server.',
          unit: 'ops',
          runbook: 'PrismaConnectionFailures',
          queries: [
            {
              expr: 'sum(rate(prisma_pool_connections_opened_total{@}[$__rate_interval]))',
              legend: 'opened',
            },
            {
              expr: 'sum(rate(prisma_pool_connections_closed_total{@}[$__rate_interval]))',
              legend: 'closed',
            },
            {
              expr: 'sum(rate(prisma_pool_acquire_duration_seconds_count{@,outcome="error"}[$__rate_interval]))',
              legend: 'not acquired',
            },
            {
              expr: 'sum(rate(prisma_pool_acquire_timeouts_total{@}[$__rate_interval]))',
              legend: 'timed out in a full pool',
            },
            {
              expr: 'sum(rate(prisma_pool_errors_total{@}[$__rate_interval]))',
              legend: 'idle errors',
            },
          ],
        },
      ],
    },
    {
      title: 'Holders of connections',
      panels: [
        {
          kind: 'timeseries',
          title: 'Connections held by transactions, by scope',
          description: 'Connections that the transactions of a scope hold, on average.',
          unit: 'short',
          stack: true,
          runbook: 'PrismaPoolExhausted',
          queries: [
            {
              expr: 'sum by (scope) (rate(prisma_scope_transaction_seconds_total{@}[$__rate_interval]))',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Connections held in idle transactions, by scope',
          description:
            'Connections held while no statement runs: code in a transaction that does something else.',
          unit: 'short',
          stack: true,
          runbook: 'PrismaIdleInTransaction',
          queries: [
            {
              expr: 'sum by (scope) (rate(prisma_scope_transaction_idle_seconds_total{@}[$__rate_interval]))',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Age of the oldest transaction',
          description: 'A line that only rises is a transaction that never ends.',
          unit: 's',
          runbook: 'PrismaLongTransactions',
          queries: [
            {
              expr: 'max by (instance, client) (prisma_transaction_oldest_seconds{@})',
              legend: '{{instance}} {{client}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Long transactions by scope',
          description: 'Transactions that were open for longTransaction.seconds.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaLongTransactions',
          queries: [
            {
              expr: orZero(
                'sum by (scope) (rate(prisma_long_transactions_total{@}[$__rate_interval]))',
                'scope',
              ),
              legend: '{{scope}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Transactions',
      panels: [
        {
          kind: 'timeseries',
          title: 'Transactions by outcome',
          description:
            'Interactive transactions, arrays, and transactions that Prisma opens for nested writes.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaRollbackRatio',
          queries: [
            {
              expr: 'sum by (outcome) (rate(prisma_transaction_duration_seconds_count{@}[$__rate_interval]))',
              legend: '{{outcome}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Duration of transactions',
          description:
            'From BEGIN to the end; connection and locks are held. Prisma rolls interactive transactions back after 5 s.',
          unit: 's',
          runbook: 'PrismaLongTransactions',
          queries: [0.5, 0.99].flatMap((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (outcome, le) (rate(prisma_transaction_duration_seconds_bucket{@}[$__rate_interval])))`,
            legend: `{{outcome}} p${quantile * 100}`,
          })),
        },
        {
          kind: 'timeseries',
          title: 'Wait for BEGIN',
          description: 'Prisma gives up after maxWait, 2 s by default.',
          unit: 's',
          runbook: 'PrismaTransactionWaiting',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(prisma_transaction_wait_seconds_bucket{@}[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
        },
        {
          kind: 'timeseries',
          title: 'Transactions in flight',
          description: 'Open transactions; each holds a connection.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (instance, client) (prisma_transactions_in_flight{@})',
              legend: '{{instance}} {{client}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Deadlocks and write conflicts',
          description: 'Transactions that the database ended because of another transaction.',
          unit: 'ops',
          runbook: 'PrismaWriteConflicts',
          queries: [
            {
              expr: orZero(
                'sum by (client) (rate(prisma_statement_errors_total{@,kind="TransactionWriteConflict"}[$__rate_interval]))',
                'client',
              ),
              legend: '{{client}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Savepoints',
          description: 'Nested transactions, by outcome.',
          unit: 'ops',
          queries: [
            {
              expr: 'sum by (outcome) (rate(prisma_savepoints_total{@}[$__rate_interval]))',
              legend: '{{outcome}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Rolled-back rows by model',
          description: 'Share of written rows that were rolled back.',
          unit: 'percentunit',
          runbook: 'PrismaRollbackRatio',
          queries: [
            {
              expr: 'max by (model) (job_client_model:prisma_rolled_back_rows:ratio_rate5m{@}) > 0',
              legend: '{{model}}',
            },
          ],
        },
      ],
    },
  ],
}
