import { type MetricDeclaration, metricName } from '../metrics/catalogue.ts'
import { shorten } from './duration.ts'
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

  /** `rate(selector[window])`. */
  rate(selector: string, window: string): string {
    return `rate(${selector}[${this.window(window)}])`
  }

  increase(selector: string, window: string): string {
    return `increase(${selector}[${this.window(window)}])`
  }

  /**
   * What a counter has grown by, where any growth counts: a series that appeared within the window
   * counts too, which `increase` alone, having no sample before it, does not see.
   */
  growth(by: string, selector: string, window: string): string {
    const appeared = `${selector} unless ${selector} offset ${this.window(window)}`
    return [
      `sum by (${by}) (${this.increase(selector, window)}) > 0`,
      `or sum by (${by}) (${appeared}) > 0`,
    ].join('\n')
  }

  /** A quantile of a histogram's buckets, by the labels given. */
  quantile(q: number, by: string, buckets: string, window: string): string {
    return `histogram_quantile(${q}, sum by (${by}, le) (${this.rate(buckets, window)}))`
  }

  window(duration: string): string {
    return shorten(duration, this.settings.hurry)
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
