import { type Detail, details } from '../metrics/detail.ts'
import { type Format, formats } from '../monitoring/formats.ts'
import { defaultSettings, type MonitoringSettings } from '../monitoring/settings.ts'
import { isMetricName } from '../support/validate.ts'
import { thresholdsOf } from './thresholds.ts'
import { UsageError } from './usage-error.ts'

export interface SettingsArguments {
  readonly prefix?: string | undefined
  readonly detail?: string | undefined
  readonly client?: string | undefined
  readonly set?: readonly string[] | undefined
  readonly expected?: string | undefined
  readonly runbooks?: string | undefined
  readonly grafana?: string | undefined
  readonly histograms?: string | undefined
}

/** @throws {UsageError} that names the option, the expectation and the value. */
export function settingsOf(given: SettingsArguments): MonitoringSettings {
  return {
    ...defaultSettings,
    prefix: prefixOf(given.prefix),
    detail: detailOf(given.detail),
    client: given.client,
    thresholds: thresholdsOf(given.set ?? []),
    expectedCodes: expectedCodesOf(given.expected),
    runbooks: runbooksOf(given.runbooks),
    grafana: grafanaOf(given.grafana),
    histograms: histogramsOf(given.histograms),
  }
}

function histogramsOf(form: string = defaultSettings.histograms): 'classic' | 'native' {
  if (form !== 'classic' && form !== 'native') {
    throw new UsageError(`--histograms: expected classic, native, got ${JSON.stringify(form)}`)
  }
  return form
}

function grafanaOf(address: string | undefined): string {
  if (address === undefined) return defaultSettings.grafana
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new UsageError(
      `--grafana: expected a URL such as https://grafana.example.com, got ${JSON.stringify(address)}`,
    )
  }
  return address.replace(/\/+$/, '')
}

function detailOf(detail: string = defaultSettings.detail): Detail {
  const known = details.find((each) => each === detail)
  if (known === undefined) {
    throw new UsageError(`--detail: expected ${details.join(', ')}, got ${JSON.stringify(detail)}`)
  }
  return known
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

function runbooksOf(url: string | undefined): string | undefined {
  if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    return url
  throw new UsageError(
    `--runbooks: expected a URL such as https://wiki.example/runbooks, got ${JSON.stringify(url)}`,
  )
}
