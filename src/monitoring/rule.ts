/** Recording rules and alerts of Prometheus. */

export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

export type Severity = 'critical' | 'warning' | 'info'

export interface AlertRule {
  /** `Prisma…`; also the heading of its runbook. */
  readonly alert: string
  readonly severity: Severity
  /** How long the expression must hold before the alert fires, as a Prometheus duration. */
  readonly for: string
  readonly expr: string
  /** Labels besides `severity`. */
  readonly labels?: Readonly<Record<string, string>>
  /** One line: the title of the notification. */
  readonly summary: string
  readonly description: string
  /** Where the alert links to: a dashboard, and its variables besides job and client. */
  readonly dashboard: DashboardLink
  /** The reason for the threshold and for the duration. */
  readonly reason: string
}

/** A dashboard of the package by its uid, without the prefix. */
export interface DashboardLink {
  readonly name: 'overview' | 'transactions' | 'errors' | 'requests' | 'model' | 'slo'
  /** Labels of the alert that are variables of the dashboard. */
  readonly variables?: readonly ('client' | 'model' | 'scope')[]
}

export interface RuleGroup<Rule> {
  readonly name: string
  /** The evaluation interval, as a Prometheus duration. @default Prometheus's own setting */
  readonly interval?: string
  readonly rules: readonly Rule[]
}
