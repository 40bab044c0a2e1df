import { clientCatalogue, type MetricDeclaration, metricName } from '../metrics/catalogue.ts'
import { secondsOf } from './duration.ts'
import type { MonitoringSettings } from './settings.ts'
import type { ThresholdValues } from './thresholds.ts'

/** Builds the parts of PromQL expressions that depend on the settings. */
export class Promql {
  readonly t: ThresholdValues
  readonly settings: MonitoringSettings

  constructor(settings: MonitoringSettings) {
    this.settings = settings
    this.t = settings.thresholds
  }

  /** The selector of a metric: its prefixed name and the matchers. */
  select(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(metricName(declaration, this.settings.prefix), declaration, matchers)
  }

  count(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(this.#name(declaration, '_count'), declaration, matchers)
  }

  sum(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(this.#name(declaration, '_sum'), declaration, matchers)
  }

  bucket(declaration: MetricDeclaration, matchers = ''): string {
    return this.#selector(this.#name(declaration, '_bucket'), declaration, matchers)
  }

  /** The growth per second of a counter that is exposed at 0 before its first event, like rows. */
  rate(selector: string, window: string): string {
    return `rate(${selector}[${window}])`
  }

  /**
   * The growth of each series of a counter within the window, including its first sample: most
   * series appear with their first event, at 1, and `increase` needs an earlier sample. A series
   * is new if it had no sample in the day before the window, so a gap in the scrapes does not
   * make an old series new. New series that ended within the window are included.
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

  /** The growth per second, including the first sample of each series. */
  rateOfGrowth(by: string, selector: string, window: string): string {
    return `${this.sumOfGrowth(by, selector, window)} / ${secondsOf(window)}`
  }

  /**
   * The growth of a counter in a window that ended earlier. Its first event does not matter: it is
   * what the present is compared with.
   */
  earlier(by: string, selector: string, window: string, offset: string): string {
    return `sum by (${by}) (increase(${selector}[${window}] offset ${offset}))`
  }

  /** A quantile of a histogram, grouped by the labels `by`. */
  quantile(q: number, by: string, buckets: string, window: string): string {
    return `histogram_quantile(${q}, ${this.sumOfGrowth(`${by}, le`, buckets, window)})`
  }

  /**
   * The latest value of a gauge that a restart of the process removes, such as a time of the last
   * success: the query looks back 7 days, or `seconds` and 2 days if that is longer.
   */
  remembered(selector: string, seconds: number): string {
    return `max_over_time(${selector}[${Math.max(7, Math.ceil(seconds / 86_400) + 2)}d])`
  }

  /** Time that scopes spent outside Prisma's operations, per second: code, other services, waits. */
  timeOutsidePrisma(by: string, matchers: string, window: string): string {
    const { scopeDuration, scopeDatabase } = clientCatalogue
    const growth = (declaration: MetricDeclaration): string =>
      this.sumOfGrowth(by, this.sum(declaration, matchers), window)
    return `(${growth(scopeDuration)} - ${growth(scopeDatabase)}) / ${secondsOf(window)}`
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
 * Matches a bucket bound. A whole number is `5` in the text format and `5.0` in OpenMetrics.
 * Prometheus 2 stores the form that it read, Prometheus 3 stores `5.0`.
 */
export function le(bound: number): string {
  return Number.isInteger(bound) ? `le=~"${bound}(\\\\.0)?"` : `le="${bound}"`
}

/** Matches scopes of HTTP requests, which are named by method and route. Other scopes are jobs. */
export const requestScopes =
  '(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|QUERY|_OTHER)( .*)?'

const requestScope = new RegExp(`^(?:${requestScopes})$`)

/** Whether the scope is an HTTP request, and not a job. */
export function isRequestScope(scope: string): boolean {
  return requestScope.test(scope)
}
