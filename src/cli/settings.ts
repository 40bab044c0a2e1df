import { bucketBounds } from '../metrics/catalogue.ts'
import { type Format, formats } from '../monitoring/formats.ts'
import { defaultSettings, type MonitoringSettings } from '../monitoring/settings.ts'
import {
  type ThresholdName,
  thresholdNames,
  type ThresholdValues,
} from '../monitoring/thresholds.ts'
import { isMetricName } from '../support/validate.ts'
import { UsageError } from './usage-error.ts'

export interface SettingsArguments {
  readonly prefix?: string | undefined
  readonly client?: string | undefined
  readonly set?: readonly string[] | undefined
  readonly expected?: string | undefined
  readonly runbooks?: string | undefined
}

/** @throws {UsageError} that names the option, the expectation and the value. */
export function settingsOf(given: SettingsArguments): MonitoringSettings {
  return {
    ...defaultSettings,
    prefix: prefixOf(given.prefix),
    client: given.client,
    thresholds: thresholdsOf(given.set ?? []),
    expectedCodes: expectedCodesOf(given.expected),
    runbooks: given.runbooks ?? defaultSettings.runbooks,
  }
}

export function prefixOf(prefix: string = defaultSettings.prefix): string {
  if (!isMetricName(prefix)) {
    throw new UsageError(
      `--prefix: expected letters, digits and underscores, no digit first, got ${JSON.stringify(prefix)}`,
    )
  }
  return prefix
}

// The syntax that JavaScript shares with RE2, which Prometheus uses.
const common = [
  /[\w|.*+?^$)]/,
  /\((?:\?:|(?!\?))/, // no lookaround, no flags
  /\[\^?(?:[\w-]|\\[dw])+\]/,
  /\\[dDwW.]/, // no back reference
  /\{\d{1,3}(?:,\d{0,3})?\}/, // up to 1000
]
const commonOnly = new RegExp(`^(?:${common.map(({ source }) => source).join('|')})*$`)

function expectedCodesOf(codes: string = defaultSettings.expectedCodes): string {
  if (!commonOnly.test(codes) || !compiles(codes)) {
    throw new UsageError(
      `--expected: expected a regular expression such as P2002|P20\\d\\d, got ${JSON.stringify(codes)}`,
    )
  }
  return codes
}

function compiles(pattern: string): boolean {
  try {
    void new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

export function formatOf(format: string = 'files'): Format {
  const known = formats.find((each) => each === format)
  if (known === undefined) {
    throw new UsageError(`--format: expected ${formats.join(', ')}, got ${JSON.stringify(format)}`)
  }
  return known
}

/** Conditions that the application must meet; otherwise an alert never fires. */
export function notesOn({ thresholds: { latencySeconds } }: MonitoringSettings): string[] {
  return bucketBounds.duration.includes(latencySeconds)
    ? []
    : [
        `latencySeconds=${latencySeconds} is not a bound of the default buckets: pass it in prismaMetrics({ buckets }), or the latency objective is not measured`,
      ]
}

function thresholdsOf(assignments: readonly string[]): ThresholdValues {
  const values: Record<ThresholdName, number> = { ...defaultSettings.thresholds }
  for (const assignment of assignments) {
    const [given, value = ''] = assignment.split('=')
    const name = thresholdNames.find((each) => each === given)
    if (name === undefined) {
      throw new UsageError(
        `--set: expected one of ${thresholdNames.join(', ')}, got ${JSON.stringify(given)}`,
      )
    }
    if (value.trim() === '' || !Number.isFinite(Number(value)) || Number(value) < 0) {
      throw new UsageError(
        `--set ${name}: expected a number of at least 0, got ${JSON.stringify(value)}`,
      )
    }
    if (name.endsWith('Ratio') && Number(value) >= 1) {
      throw new UsageError(`--set ${name}: expected a ratio below 1, got ${value}`)
    }
    if (name.endsWith('Objective') && !(Number(value) > 0 && Number(value) < 1)) {
      throw new UsageError(`--set ${name}: expected a ratio between 0 and 1, got ${value}`)
    }
    if (name === 'largeResultRows' && !bucketBounds.rows.includes(Number(value))) {
      throw new UsageError(
        `--set ${name}: expected a bound of its buckets (${bucketBounds.rows.join(', ')}), got ${value}`,
      )
    }
    values[name] = Number(value)
  }
  return values
}
