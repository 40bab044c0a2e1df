/** Something about an endpoint that its owner should know. */
export interface Finding {
  /** `error`: numbers are wrong or missing. `warning`: they may become so. `note`: good to know. */
  readonly level: 'error' | 'warning' | 'note'
  readonly text: string
  /** What to do. */
  readonly advice?: string
}
