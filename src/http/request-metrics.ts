import { defaultPrefix, httpCatalogue, type MetricDeclaration } from '../metrics/catalogue.ts'
import type { Detail } from '../metrics/detail.ts'
import type { Gauge, GaugeFamily } from '../metrics/gauge.ts'
import type { HistogramFamily, HistogramForm } from '../metrics/histogram.ts'
import { type FamilyOfType, getOrRegister, restoreFamilies } from '../metrics/register.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { codedError } from '../support/coded-error.ts'
import { secondsSince } from '../support/elapsed.ts'

export interface Families {
  readonly duration: HistogramFamily
  readonly active: GaugeFamily
}

/** The metrics of the application's requests. */
export class RequestMetrics {
  readonly #registry: MetricRegistry
  readonly #options: { readonly detail: Detail; readonly histograms?: HistogramForm }
  #families: Families | undefined
  #isUnavailable = false

  constructor(
    registry: MetricRegistry,
    options: { readonly detail: Detail; readonly histograms?: HistogramForm },
  ) {
    this.#registry = registry
    this.#options = options
  }

  /** @throws {Error} if another metric in the registry has one of the names. */
  register(): Families {
    this.#families ??= {
      duration: this.#family(httpCatalogue.requestDuration),
      active: this.#family(httpCatalogue.activeRequests),
    }
    return this.#families
  }

  #family<D extends MetricDeclaration>(declaration: D): FamilyOfType[D['type']] {
    const { detail, histograms } = this.#options
    const options = { prefix: defaultPrefix, detail, histograms }
    try {
      return getOrRegister(this.#registry, declaration, options)
    } catch (error) {
      const { message } = error as Error
      throw codedError(
        'PRISMA_PROMETHEUS_METRIC_NAME_TAKEN',
        `${message}; or have requests counted elsewhere, with http: false`,
        { cause: error },
      )
    }
  }

  /**
   * Counts a request as active until it ends.
   *
   * @returns undefined after a first call that threw
   * @throws {Error} if another metric in the registry has one of the names.
   */
  begin(method: string): TimedRequest | undefined {
    if (this.#isUnavailable) return undefined
    this.#isUnavailable = true
    const families = this.register()
    restoreFamilies(this.#registry, [families.duration, families.active])
    this.#isUnavailable = false
    return new TimedRequest(families, method)
  }
}

/** A request that is counted as active. */
export class TimedRequest {
  readonly #duration: HistogramFamily
  readonly #active: Gauge
  readonly #method: string
  readonly #began = performance.now()

  constructor({ duration, active }: Families, method: string) {
    this.#duration = duration
    this.#active = active.with([method])
    this.#method = method
    this.#active.inc()
  }

  /** Counts it as ended, and records its duration. */
  end(route: string, status: string): void {
    this.#active.dec()
    this.#duration.with([this.#method, route, status]).observe(secondsSince(this.#began))
  }
}
