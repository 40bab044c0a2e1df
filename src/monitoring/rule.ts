/** Recording rules and alerts, as Prometheus knows them. */

export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

export type Severity = 'critical' | 'warning' | 'info'

export interface AlertRule {
  /** `Prisma…`; the runbook has a heading of this name. */
  readonly alert: string
  readonly severity: Severity
  /** How long the expression has to hold, as a Prometheus duration. */
  readonly for: string
  readonly expr: string
  /** Labels besides `severity`. */
  readonly labels?: Readonly<Record<string, string>>
  /** One line for the notification's head. */
  readonly summary: string
  readonly description: string
  /** Why this threshold, and why this long. */
  readonly reason: string
}

export interface RuleGroup<Rule> {
  readonly name: string
  /** How often the group is evaluated, as a Prometheus duration; without it, as Prometheus is set. */
  readonly interval?: string
  readonly rules: readonly Rule[]
}
