/** Stable names of findings, for `--ignore` and for programs that read `--json`. */
export const findingCodes = [
  'adapter-not-wrapped',
  'base-unit',
  'bound-over-budget',
  'constant-identifier',
  'content-type',
  'contract-out-of-sync',
  'counter-suffix',
  'format',
  'format-warning',
  'handler-errors',
  'histogram',
  'identifiers',
  'instrumentation-errors',
  'many-values',
  'missing-metrics',
  'no-help',
  'no-migrations',
  'no-operations',
  'no-pool',
  'no-type',
  'not-instrumented',
  'other-registry',
  'over-budget',
  'pool-not-instrumented',
  'reading-errors',
  'reserved-name',
  'series-dropped',
  'total-suffix',
  'wrong-type',
] as const

export type FindingCode = (typeof findingCodes)[number]

/** A problem of an endpoint. */
export interface Finding {
  readonly code: FindingCode
  /** `error`: numbers are wrong or missing. `warning`: they may become so. `note`: information. */
  readonly level: 'error' | 'warning' | 'note'
  readonly text: string
  /** The recommended correction. */
  readonly advice?: string
}
