import type { DashboardPlan, Panel } from './panel.ts'

const alerts: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Alerts raised',
    description: 'By severity, a minute. A flat line that used to move is stalled business.',
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
    description: 'By severity, a minute. Below what is raised, the open ones grow.',
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
      'Read from the database. Every process reads the same one, so this is their maximum and no sum.',
    unit: 'short',
    stack: true,
    runbook: 'PrismaGaugeFailing',
    queries: [{ expr: 'max by (severity) (monitoring_alerts_open{@})', legend: '{{severity}}' }],
  },
  {
    kind: 'timeseries',
    title: 'Time to resolve',
    description: 'From the raising of an alert to its being resolved, over the last hour.',
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
    description: 'By kind of the source and of the drift, a minute. One kind alone is one cause.',
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
    description: 'Average of the day, by kind of the source: 100 % is data without a fault.',
    unit: 'percentunit',
    runbook: 'PrismaGaugeFailing',
    queries: [
      { expr: 'max by (source) (monitoring_quality_score_ratio{@})', legend: '{{source}}' },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Failed quality checks',
    description: 'In the reports that came in, a minute.',
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
    description: 'What the data is worth a day whose alerts were resolved in the last hour.',
    unit: 'short',
    runbook: 'PrismaEventHandlerErrors',
    queries: [{ expr: 'sum(increase(monitoring_value_secured_total{@}[1h]))', legend: 'an hour' }],
  },
]

const jobs: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Runs of jobs',
    description: 'By job and outcome, a minute: what their records in the database say.',
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
    description: '95th percentile, failed runs included. A job at its timeout is cut off there.',
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
    title: 'Raised by event, inserted by row',
    description:
      'The same alerts, once as events and once as committed rows. A gap is a handler that fails, or a way to raise alerts that no handler listens to.',
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
    title: 'Age of what is read',
    description: 'Seconds since the gauges above were read. Rising, they show the past.',
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
    description: 'Rows inserted a second, by model: business that needs no metric of its own.',
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
    'What the monitoring application of the example is for. A pattern for your own: put your metrics in the place of monitoring_….',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'stat',
          title: 'Open, critical',
          description: 'Critical alerts that are not resolved.',
          unit: 'short',
          width: 6,
          limits: [1, 10],
          runbook: 'PrismaGaugeFailing',
          queries: [{ expr: 'max(monitoring_alerts_open{@,severity="CRITICAL"})' }],
        },
        {
          kind: 'stat',
          title: 'Resolved of raised',
          description: 'Of the last hour. Below 100 % the open ones grow.',
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
          title: 'Failing runs of jobs',
          description: 'Share of the last hour.',
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
          description: 'What the data is worth a day whose alerts were resolved in 24 hours.',
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
    { title: 'Is it true?', panels: truth },
  ],
}
