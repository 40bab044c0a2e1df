import { defaultThresholds } from '../../src/monitoring/thresholds.ts'
import type { DashboardPlan, Panel } from './panel.ts'

const { errorObjective, latencyObjective, latencySeconds } = defaultThresholds

export const budgets: DashboardPlan = {
  name: 'prisma-slo',
  title: 'Service level objectives',
  description: `${errorObjective * 100} % of the operations succeed, ${latencyObjective * 100} % take at most ${latencySeconds} s.`,
  rows: [
    {
      title: 'Errors',
      panels: burnPanels('operation_errors', errorObjective, 'PrismaErrorBudgetBurn', 'failing'),
    },
    {
      title: 'Latency',
      panels: burnPanels('late_operations', latencyObjective, 'PrismaLatencyBudgetBurn', 'late'),
    },
  ],
}

function burnPanels(what: string, objective: number, runbook: string, word: string): Panel[] {
  const allowed = Number((1 - objective).toPrecision(6))
  const ratio = (window: string): string => `job_client:prisma_${what}:ratio_rate${window}{@}`
  return [
    {
      kind: 'stat',
      title: 'Remaining budget, 3 days',
      description: `The unused part of the share of ${word} operations that the objective allows. Negative values mean that the objective is missed.`,
      unit: 'percentunit',
      width: 8,
      runbook,
      queries: [
        { expr: `1 - max by (client) (${ratio('3d')}) / ${allowed}`, legend: '{{client}}' },
      ],
    },
    {
      kind: 'stat',
      title: 'Burn rate, 1 hour',
      description: 'A rate of 1 spends the budget exactly; 14.4 spends 2 % of a month in one hour.',
      unit: 'short',
      width: 8,
      limits: [1, 14.4],
      runbook,
      queries: [{ expr: `max by (client) (${ratio('1h')}) / ${allowed}`, legend: '{{client}}' }],
    },
    {
      kind: 'stat',
      title: 'Burn rate, 6 hours',
      description: 'A rate of 6 spends 5 % of a month in six hours.',
      unit: 'short',
      width: 8,
      limits: [1, 6],
      runbook,
      queries: [{ expr: `max by (client) (${ratio('6h')}) / ${allowed}`, legend: '{{client}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Burn rate by window',
      description: 'An alert fires if a long window and its short window are above its factor.',
      unit: 'short',
      width: 24,
      runbook,
      queries: ['5m', '30m', '1h', '2h', '6h', '1d', '3d'].map((window) => ({
        expr: `max by (client) (${ratio(window)}) / ${allowed}`,
        legend: `{{client}} ${window}`,
      })),
    },
  ]
}
