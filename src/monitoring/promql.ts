import { type MetricDeclaration, metricName } from '../metrics/catalogue.ts'
import { secondsOf } from './duration.ts'
import type { MonitoringSettings } from './settings.ts'
import type { ThresholdValues } from './thresholds.ts'

/** Writes the parts of PromQL expressions that depend on the settings. */
export class Promql {
  readonly t: ThresholdValues
  readonly settings: MonitoringSettings

  constructor(settings: MonitoringSettings) {
    this.settings = settings
    this.t = settings.thresholds
  }

  /** A selector of the metric: its name under the prefix, and matchers. */
  select(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(metricName(declaration, this.settings.prefix), declaration, matchers)
  }

  count(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(this.#name(declaration, '_count'), declaration, matchers)
  }

  bucket(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(this.#name(declaration, '_bucket'), declaration, matchers)
  }

  /** Growth per second of counters that exist at 0 before their first event, as rows do. */
  rate(selector: string, window: string): string {
    return `rate(${selector}[${window}])`
  }

  /**
   * How much each series of a counter has grown within the window, its first sample included: most
   * series appear with their first event, at 1, and `increase` needs a sample before that. A series
   * is new if it had no sample in the day before the window, so that a gap in the scrapes does not
   * make an old one new. A new series that ended within the window counts as well.
   */
  growth(selector: string, window: string): string {
    return [
      `((max_over_time(${selector}[${window}])`,
      `unless last_over_time(${selector}[1d] offset ${window}))`,
      `or increase(${selector}[${window}]))`,
    ].join(' ')
  }

  sumOfGrowth(by: string, selector: string, window: string): string {
    return `sum by (${by}) (${this.growth(selector, window)})`
  }

  /** The growth per second, its first sample included. */
  rateOfGrowth(by: string, selector: string, window: string): string {
    return `${this.sumOfGrowth(by, selector, window)} / ${secondsOf(window)}`
  }

  /** A quantile of a histogram's buckets, by the labels given. */
  quantile(q: number, by: string, buckets: string, window: string): string {
    return `histogram_quantile(${q}, ${this.sumOfGrowth(`${by}, le`, buckets, window)})`
  }

  /**
   * The latest value of a gauge that lives in the process, such as a time of the last success: a
   * restart takes its series away, so the query looks back 7 days, or 2 days beyond `seconds`.
   */
  remembered(selector: string, seconds: number): string {
    return `max_over_time(${selector}[${Math.max(7, Math.ceil(seconds / 86_400) + 2)}d])`
  }

  /** The name of a recorded series: `levels:prisma_what:operations`. */
  recorded(levels: string, what: string, operations: string): string {
    return `${levels}:${this.settings.prefix}${what}:${operations}`
  }

  #name(declaration: MetricDeclaration, suffix: string): string {
    return metricName(declaration, this.settings.prefix) + suffix
  }

  #selector(name: string, { labels }: MetricDeclaration, matchers: string): string {
    const { client } = this.settings
    const own = client !== undefined && labels.includes('client')
    const all = [own ? `client=${JSON.stringify(client)}` : '', matchers].filter(Boolean).join(',')
    return all === '' ? name : `${name}{${all}}`
  }
}

/**
 * Matches a bucket bound. A whole number is `5` in the text format and `5.0` in OpenMetrics;
 * Prometheus 2 keeps whichever it read, Prometheus 3 keeps `5.0`.
 */
export function le(bound: number): string {
  return Number.isInteger(bound) ? `le=~"${bound}(\\\\.0)?"` : `le="${bound}"`
}

/** Scopes that are HTTP requests are named by method and route; all others are jobs. */
export const requestScopes =
  '(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|QUERY|_OTHER)( .*)?'
