/** Units of Grafana. */
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
  /** Grafana's legend format; `{{label}}` inserts a label's value. */
  readonly legend?: string
}

export interface Panel {
  readonly kind: 'timeseries' | 'stat' | 'bars' | 'table' | 'alerts'
  readonly title: string
  /** The quantity that the panel shows, and the meaning of an unusual picture. */
  readonly description: string
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** The alert whose runbook the panel links to. */
  readonly runbook?: string
  /** Width in columns, of 24. */
  readonly width?: number
  readonly stack?: boolean
  /** The values from which a stat is amber and red. */
  readonly limits?: readonly [amber: number, red: number]
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface DashboardPlan {
  /** File name without extension; also Grafana's uid. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** Variables besides data source, job, instance and client. */
  readonly variables?: readonly ('model' | 'scope')[]
  readonly rows: readonly Row[]
}
