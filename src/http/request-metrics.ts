import { defaultPrefix, httpCatalogue, type MetricDeclaration } from '../metrics/catalogue.ts'
import type { Detail } from '../metrics/detail.ts'
import type { GaugeFamily } from '../metrics/gauge.ts'
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
   * Counts a request as active and returns the function that ends it.
   *
   * @returns undefined after a first call that threw
   * @throws {Error} if another metric in the registry has one of the names.
   */
  begin(method: string): ((route: string, status: string) => void) | undefined {
    if (this.#isUnavailable) return undefined
    this.#isUnavailable = true
    const { duration, active } = this.register()
    restoreFamilies(this.#registry, [duration, active])
    this.#isUnavailable = false
    const began = performance.now()
    const inProgress = active.with([method])
    inProgress.inc()
    return (route, status) => {
      inProgress.dec()
      duration.with([method, route, status]).observe(secondsSince(began))
    }
  }
}
