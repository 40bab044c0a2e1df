import type { ReportedLine } from './application.ts'

/** A message from the drill to the service. */
export interface Plant {
  readonly fault: string
  /** Names of the routes and jobs that the fault is planted in. */
  readonly places: readonly string[]
}

/** A message from the service to the drill. */
export type ServiceMessage =
  | { readonly kind: 'listening'; readonly url: string; readonly scopes: readonly string[] }
  | { readonly kind: 'planted' }
  | ({ readonly kind: 'line' } & ReportedLine)
