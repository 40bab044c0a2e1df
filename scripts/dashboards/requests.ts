import { requestScopes } from '../../src/monitoring/promql.ts'
import type { DashboardPlan } from './panel.ts'

export const requests: DashboardPlan = {
  name: 'prisma-requests',
  title: 'Requests, jobs and N+1',
  description: 'What a unit of work costs the database: requests, jobs, and loops of queries.',
  variables: ['scope'],
  rows: [
    {
      title: 'HTTP requests',
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests by route',
          description: 'Requests answered a second.',
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
          description: 'Requests answered with a status of 500 or more.',
          unit: 'percentunit',
          queries: [
            {
              expr: 'sum(rate(http_server_request_duration_seconds_count{@,http_response_status_code=~"5.."}[$__rate_interval])) / sum(rate(http_server_request_duration_seconds_count{@}[$__rate_interval]))',
              legend: '5xx',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Requests in progress',
          description: 'Rises when answers stay away.',
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
      title: 'Units of work: $scope',
      panels: [
        {
          kind: 'timeseries',
          title: 'Operations in a unit of work',
          description: '95th percentile. Rising with the data means N+1.',
          unit: 'short',
          runbook: 'PrismaManyOperations',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (scope, le) (rate(prisma_scope_operations_bucket{@,scope=~"$scope"}[$__rate_interval])))',
              legend: '{{scope}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Share of the time spent in Prisma',
          description: 'Above 1 where operations run in parallel.',
          unit: 'percentunit',
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
          description: 'Operations of one shape repeated in one unit of work.',
          unit: 'ops',
          stack: true,
          runbook: 'PrismaNPlusOne',
          queries: [
            {
              expr: 'sum by (scope, model, operation) (rate(prisma_n_plus_one_suspects_total{@,scope=~"$scope"}[$__rate_interval]))',
              legend: '{{scope}}: {{model}}.{{operation}}',
            },
          ],
        },
        {
          kind: 'bars',
          title: 'Time in Prisma, last hour',
          description: 'Which units of work the database works for.',
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
      title: 'Jobs',
      panels: [
        {
          kind: 'timeseries',
          title: 'Runs by outcome',
          description: 'Units of work that are not requests.',
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
          description: 'A saw while the job runs, a ramp when it has stalled.',
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
