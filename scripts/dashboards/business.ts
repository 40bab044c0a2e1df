import type { DashboardPlan, Panel } from './panel.ts'

const alerts: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Alerts raised',
    description:
      'Per minute, by severity. A line that becomes flat means that business has stalled.',
    unit: 'cpm',
    stack: true,
    runbook: 'PrismaWritesStalled',
    queries: [
      {
        expr: '60 * sum by (severity) (rate(monitoring_alerts_raised_total{@}[$__rate_interval]))',
        legend: '{{severity}}',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Alerts resolved',
    description:
      'Per minute, by severity. If fewer are resolved than raised, open alerts accumulate.',
    unit: 'cpm',
    stack: true,
    runbook: 'PrismaEventHandlerErrors',
    queries: [
      {
        expr: '60 * sum by (severity) (rate(monitoring_alerts_resolved_total{@}[$__rate_interval]))',
        legend: '{{severity}}',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Alerts open',
    description:
      'Read from the database. All processes read the same value, so the panel shows the maximum, not the sum.',
    unit: 'short',
    stack: true,
    runbook: 'PrismaGaugeFailing',
    queries: [{ expr: 'max by (severity) (monitoring_alerts_open{@})', legend: '{{severity}}' }],
  },
  {
    kind: 'timeseries',
    title: 'Time to resolve',
    description: 'Time between raising and resolving an alert, over the last hour.',
    unit: 's',
    runbook: 'PrismaEventHandlerErrors',
    queries: [0.5, 0.95].map((quantile) => ({
      expr: `histogram_quantile(${quantile}, sum by (severity, le) (rate(monitoring_alert_resolution_seconds_bucket{@}[1h])))`,
      legend: `{{severity}} p${quantile * 100}`,
    })),
  },
]

const data: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Drift events',
    description:
      'Per minute, by kind of source and of drift. A single kind suggests a single cause.',
    unit: 'cpm',
    stack: true,
    runbook: 'PrismaWritesStalled',
    queries: [
      {
        expr: '60 * sum by (source, kind) (rate(monitoring_drift_events_total{@}[$__rate_interval]))',
        legend: '{{source}} {{kind}}',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Data quality score',
    description: 'Daily average by kind of source. 100 % means data without a fault.',
    unit: 'percentunit',
    runbook: 'PrismaGaugeFailing',
    queries: [
      { expr: 'max by (source) (monitoring_quality_score_ratio{@})', legend: '{{source}}' },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Failed quality checks',
    description: 'Failed checks of the received reports, per minute.',
    unit: 'cpm',
    runbook: 'PrismaEventHandlerErrors',
    queries: [
      {
        expr: '60 * sum(rate(monitoring_quality_checks_failed_total{@}[$__rate_interval]))',
        legend: 'failed checks',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Value secured',
    description: 'Daily value of the data whose alerts were resolved in the last hour.',
    unit: 'short',
    runbook: 'PrismaEventHandlerErrors',
    queries: [{ expr: 'sum(increase(monitoring_value_secured_total{@}[1h]))', legend: 'per hour' }],
  },
]

const jobs: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Runs of jobs',
    description: 'Per minute, by job and outcome, from the records in the database.',
    unit: 'cpm',
    stack: true,
    runbook: 'PrismaJobFailing',
    queries: [
      {
        expr: '60 * sum by (job_name, outcome) (rate(monitoring_job_duration_seconds_count{@}[$__rate_interval]))',
        legend: '{{job_name}} {{outcome}}',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Duration of jobs',
    description:
      '95th percentile, including failed runs. A job that reaches its timeout ends there.',
    unit: 's',
    runbook: 'PrismaJobStalled',
    queries: [
      {
        expr: 'histogram_quantile(0.95, sum by (job_name, le) (rate(monitoring_job_duration_seconds_bucket{@}[$__rate_interval])))',
        legend: '{{job_name}}',
      },
    ],
  },
]

const truth: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Alerts as events and as rows',
    description:
      'The same alerts, counted as events and as committed rows. A gap means that a handler fails, or that some alerts are raised without an event.',
    unit: 'cpm',
    runbook: 'PrismaEventHandlerErrors',
    queries: [
      {
        expr: '60 * sum(rate(monitoring_alerts_raised_total{@}[$__rate_interval]))',
        legend: 'events',
      },
      {
        expr: '60 * sum(rate(prisma_model_inserts_total{@,model="Alert"}[$__rate_interval]))',
        legend: 'rows',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Age of the readings',
    description:
      'Time since the gauges above were last read. A rising line means that they show an old value.',
    unit: 'dtdurations',
    runbook: 'PrismaGaugeFailing',
    queries: [
      {
        expr: 'time() - max by (gauge) (max_over_time(prisma_reading_last_success_timestamp_seconds{@}[7d]) > 0)',
        legend: '{{gauge}}',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Drift, quality and jobs',
    description: 'Rows inserted per second, by model: business that needs no metric of its own.',
    unit: 'rowsps',
    width: 24,
    runbook: 'PrismaWritesStalled',
    queries: [
      {
        expr: 'sum by (model) (rate(prisma_model_inserts_total{@,model=~"DriftEvent|QualityReport|JobRun"}[$__rate_interval]))',
        legend: '{{model}}',
      },
    ],
  },
]

export const business: DashboardPlan = {
  name: 'prisma-business',
  title: 'Business of the example',
  description:
    'The business of the example application. Replace monitoring_… with your own metrics.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'stat',
          title: 'Open critical alerts',
          description: 'Unresolved critical alerts.',
          unit: 'short',
          width: 6,
          limits: [1, 10],
          runbook: 'PrismaGaugeFailing',
          queries: [{ expr: 'max(monitoring_alerts_open{@,severity="CRITICAL"})' }],
        },
        {
          kind: 'stat',
          title: 'Share of resolved alerts',
          description:
            'Resolved divided by raised, over the last hour. Below 100 %, open alerts accumulate.',
          unit: 'percentunit',
          width: 6,
          runbook: 'PrismaEventHandlerErrors',
          queries: [
            {
              expr: 'sum(increase(monitoring_alerts_resolved_total{@}[1h])) / sum(increase(monitoring_alerts_raised_total{@}[1h]))',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Failed job runs',
          description: 'Share of the runs of the last hour.',
          unit: 'percentunit',
          width: 6,
          limits: [0.1, 0.5],
          runbook: 'PrismaJobFailing',
          queries: [
            {
              expr: 'sum(increase(monitoring_job_duration_seconds_count{@,outcome="FAILED"}[1h])) / sum(increase(monitoring_job_duration_seconds_count{@}[1h]))',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Value secured today',
          description: 'Daily value of the data whose alerts were resolved within 24 hours.',
          unit: 'short',
          width: 6,
          runbook: 'PrismaEventHandlerErrors',
          queries: [{ expr: 'sum(increase(monitoring_value_secured_total{@}[1d]))' }],
        },
      ],
    },
    { title: 'Alerts', panels: alerts },
    { title: 'Drift, quality, value', panels: data },
    { title: 'Jobs', panels: jobs },
    { title: 'Cross-check', panels: truth },
  ],
}
