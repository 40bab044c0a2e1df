/** Grafana's units for what is measured. */
export type Unit =
  | 's'
  | 'ops'
  | 'cpm'
  | 'rowsps'
  | 'percentunit'
  | 'short'
  | 'reqps'
  | 'dtdurations'

export interface Query {
  /** PromQL; `{@}` stands for the selectors of the dashboard's variables, see `expression.ts`. */
  readonly expr: string
  /** With `{{label}}`. */
  readonly legend?: string
}

export interface Panel {
  readonly kind: 'timeseries' | 'stat' | 'bars' | 'table'
  readonly title: string
  /** What the panel tells, and what a bad picture of it means. */
  readonly description: string
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** The alert whose runbook belongs to the panel. */
  readonly runbook?: string
  /** Of 24 columns. */
  readonly width?: number
  readonly stack?: boolean
  /** From which value on a stat is amber, and red. */
  readonly limits?: readonly [amber: number, red: number]
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface DashboardPlan {
  /** File name without its end, and Grafana's uid. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** Variables besides data source, job, instance and client. */
  readonly variables?: readonly ('model' | 'scope')[]
  readonly rows: readonly Row[]
}
