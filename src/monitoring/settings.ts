import { defaultPrefix } from '../metrics/catalogue.ts'
import { defaultThresholds, type ThresholdValues } from './thresholds.ts'

/** What rules and dashboards are made for. */
export interface MonitoringSettings {
  /** As given to `prismaMetrics`. */
  readonly prefix: string
  /** Only the client of this label value; every client where it is undefined. */
  readonly client: string | undefined
  readonly thresholds: ThresholdValues
  /** Error codes that are answers rather than failures, as a regular expression of RE2. */
  readonly expectedCodes: string
  /** Address of the runbook page, without an anchor. */
  readonly runbooks: string
}

export const defaultSettings: MonitoringSettings = {
  prefix: defaultPrefix,
  client: undefined,
  thresholds: defaultThresholds,
  // A taken unique value, a missing relation, a record that is not there: the caller asked for it.
  expectedCodes: 'P2002|P2003|P2025',
  // The package ships its runbooks; whoever renders them elsewhere says where.
  runbooks: 'https://unpkg.com/prisma-prometheus/docs/runbooks.md',
}
