import { requestScopes } from '../../src/monitoring/promql.ts'
import { orZero } from './expression.ts'
import type { DashboardPlan } from './panel.ts'

export const requests: DashboardPlan = {
  name: 'prisma-requests',
  title: 'Requests, jobs and N+1',
  description: 'Database load of requests and jobs, and N+1 loops.',
  variables: ['scope'],
  rows: [
    {
      title: 'HTTP requests',
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests by route',
          description: 'Answered requests per second.',
          unit: 'reqps',
          stack: true,
          queries: [
            {
              expr: 'sum by (http_request_method, http_route) (rate(http_server_request_duration_seconds_count{@}[$__rate_interval]))',
              legend: '{{http_request_method}} {{http_route}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Latency by route',
          description: '99th percentile.',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (http_request_method, http_route, le) (rate(http_server_request_duration_seconds_bucket{@}[$__rate_interval])))',
              legend: '{{http_request_method}} {{http_route}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Share of server errors',
          description: 'Share of requests answered with status 500 or higher.',
          unit: 'percentunit',
          queries: [
            {
              expr: '(sum(rate(http_server_request_duration_seconds_count{@,http_response_status_code=~"5.."}[$__rate_interval])) or 0 * sum(rate(http_server_request_duration_seconds_count{@}[$__rate_interval]))) / sum(rate(http_server_request_duration_seconds_count{@}[$__rate_interval]))',
              legend: '5xx',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Requests in progress',
          description: 'Requests that are not answered yet.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (http_request_method) (http_server_active_requests{@})',
              legend: '{{http_request_method}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Scope $scope',
      panels: [
        {
          kind: 'timeseries',
          title: 'Operations per scope',
          description:
            '95th percentile, estimated within a bucket, and the exact mean. Growth with the data suggests N+1.',
          unit: 'short',
          runbook: 'PrismaManyOperations',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (scope, le) (rate(prisma_scope_operations_bucket{@,scope=~"$scope"}[$__rate_interval])))',
              legend: '{{scope}} p95',
            },
            {
              expr: 'sum by (scope) (rate(prisma_scope_operations_sum{@,scope=~"$scope"}[$__rate_interval])) / sum by (scope) (rate(prisma_scope_operations_count{@,scope=~"$scope"}[$__rate_interval]))',
              legend: '{{scope}} mean',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Operations in progress per running scope',
          description:
            'Mean number of operations that a scope has in progress: 1 is a scope that only waits for Prisma, more are parallel operations.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (scope) (rate(prisma_scope_database_seconds_sum{@,scope=~"$scope"}[$__rate_interval])) / sum by (scope) (rate(prisma_scope_duration_seconds_sum{@,scope=~"$scope"}[$__rate_interval]))',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'N+1 suspects',
          description: 'Operations with one fingerprint that a scope repeats.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaNPlusOne',
          queries: [
            {
              expr: orZero(
                'sum by (scope, model, operation) (rate(prisma_n_plus_one_suspects_total{@,scope=~"$scope"}[$__rate_interval]))',
                'scope',
              ),
              legend: '{{scope}}: {{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Time in Prisma, last hour',
          description: 'Scopes that use the database most.',
          unit: 's',
          queries: [
            {
              expr: 'topk(10, sum by (scope) (increase(prisma_scope_database_seconds_sum{@,scope=~"$scope"}[1h])))',
              legend: '{{scope}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Open scopes: $scope',
      panels: [
        {
          kind: 'timeseries',
          title: 'Scopes in progress',
          description: 'A line that only rises is a scope that never ends.',
          unit: 'short',
          runbook: 'PrismaLongTransactions',
          queries: [
            {
              expr: 'sum by (scope) (prisma_scopes_in_flight{@,scope=~"$scope"})',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Age of the oldest scope',
          description: 'Of the requests and jobs in progress.',
          unit: 's',
          queries: [
            {
              expr: 'max by (scope) (prisma_scope_oldest_seconds{@,scope=~"$scope"})',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Rows written by scope',
          description: 'Rows that a scope writes, by the outcome of their transaction.',
          unit: 'rowsps',
          stack: true,
          runbook: 'PrismaRowsRolledBack',
          queries: [
            {
              expr: 'sum by (scope, outcome) (rate(prisma_scope_rows_total{@,scope=~"$scope"}[$__rate_interval]))',
              legend: '{{scope}} {{outcome}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Time outside Prisma',
          description:
            'Seconds per second: other services, computing, and waits for the event loop.',
          unit: 'short',
          runbook: 'PrismaEventLoopBlocked',
          queries: [
            {
              expr: 'sum by (scope) (rate(prisma_scope_duration_seconds_sum{@,scope=~"$scope"}[$__rate_interval])) - sum by (scope) (rate(prisma_scope_database_seconds_sum{@,scope=~"$scope"}[$__rate_interval])) > 0',
              legend: '{{scope}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Jobs',
      panels: [
        {
          kind: 'timeseries',
          title: 'Runs by outcome',
          description: 'Scopes that are not requests.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaJobFailing',
          queries: [
            {
              expr: `sum by (scope, outcome) (rate(prisma_scope_duration_seconds_count{@,scope!~"${requestScopes}"}[$__rate_interval]))`,
              legend: '{{scope}} {{outcome}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Time since the last success',
          description: 'A sawtooth while the job runs, a ramp if it has stalled.',
          unit: 'dtdurations',
          runbook: 'PrismaJobStalled',
          queries: [
            {
              expr: `time() - max by (scope) (max_over_time(prisma_scope_last_success_timestamp_seconds{@,scope!~"${requestScopes}"}[7d]) > 0)`,
              legend: '{{scope}}',
            },
          ],
        },
      ],
    },
  ],
}
