/** The series of one panel during a run. */
export interface PanelRecording {
  readonly dashboard: string
  readonly title: string
  readonly queries: readonly {
    readonly legend: string
    readonly series: readonly {
      readonly labels: Readonly<Record<string, string>>
      /** Seconds since the start of the run, and the value; null for NaN. */
      readonly values: readonly (readonly [number, number | null])[]
    }[]
  }[]
}
