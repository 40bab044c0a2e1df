import { defaultPrefix } from '../metrics/catalogue.ts'
import type { Detail } from '../metrics/detail.ts'
import { defaultThresholds, type ThresholdValues } from './thresholds.ts'

/** Settings of the generated rules and dashboards. */
export interface MonitoringSettings {
  /** The option `prefix` of `prismaMetrics`. */
  readonly prefix: string
  /** The option `detail` of `prismaMetrics` and `exposeMetrics`. */
  readonly detail: Detail
  /** Restricts the queries to the client with this label value; undefined for all clients. */
  readonly client: string | undefined
  readonly thresholds: ThresholdValues
  /** Error codes that do not count as failures, as a regular expression of RE2. */
  readonly expectedCodes: string
  /** URL of the hosted runbook page, without an anchor; without it, alerts and dashboards have no links. */
  readonly runbooks: string | undefined
  /** Address of Grafana, to which alerts link; empty for links that begin with a path. */
  readonly grafana: string
  /**
   * The form of the histograms that the server stores: `native` if it receives native ones, whether
   * `prismaMetrics` records `'native'` or `'both'`.
   */
  readonly histograms: 'classic' | 'native'
}

export const defaultSettings: MonitoringSettings = {
  prefix: defaultPrefix,
  detail: 'normal',
  client: undefined,
  thresholds: defaultThresholds,
  // A unique value that exists, a missing relation, a missing record: mistakes of the caller.
  expectedCodes: 'P2002|P2003|P2025',
  runbooks: undefined,
  grafana: '',
  histograms: 'classic',
}
