import {
  bucketBounds,
  defaultPrefix,
  httpCatalogue,
  type MetricDeclaration,
} from '../metrics/catalogue.ts'
import type { GaugeFamily } from '../metrics/gauge.ts'
import type { HistogramFamily } from '../metrics/histogram.ts'
import { type FamilyOfType, getOrRegister } from '../metrics/register.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { onceDone } from './on-finished.ts'
import { methodOf, type RouteOption, routeOf } from './request-labels.ts'
import type { NodeRequest, NodeResponse } from './node-message.ts'
import { codedError } from '../support/coded-error.ts'

/** Requests that are being observed already, by this or another listener they have passed. */
const observed = new WeakSet<NodeRequest>()

/** The metrics of the requests that go on to the application. */
export class RequestMetrics<Req extends NodeRequest, Res extends NodeResponse> {
  readonly #registry: MetricRegistry
  readonly #route: RouteOption<Req, Res>
  #families: { duration: HistogramFamily; active: GaugeFamily } | undefined

  constructor(registry: MetricRegistry, route: RouteOption<Req, Res>) {
    this.#registry = registry
    this.#route = route
  }

  /** @throws {Error} where a name is taken in the registry by another metric. */
  register(): { duration: HistogramFamily; active: GaugeFamily } {
    this.#families ??= {
      duration: this.#family(httpCatalogue.requestDuration),
      active: this.#family(httpCatalogue.activeRequests),
    }
    return this.#families
  }

  #family<D extends MetricDeclaration>(declaration: D): FamilyOfType[D['type']] {
    const options = { prefix: defaultPrefix, durationBuckets: bucketBounds.http }
    try {
      return getOrRegister(this.#registry, declaration, options)
    } catch (error) {
      const { message } = error as Error
      throw codedError(
        'PRISMA_PROMETHEUS_METRIC_NAME_TAKEN',
        `${message}; or have requests counted elsewhere, with http: false`,
        {
          cause: error,
        },
      )
    }
  }

  /** Counts the request as active until its connection or its response is done with, and times it. */
  observe(req: Req, res: Res): void {
    if (observed.has(req)) return
    observed.add(req)
    const began = performance.now()
    const { duration, active } = this.register()
    const method = methodOf(req)
    const inProgress = active.with([method])
    inProgress.inc()
    onceDone(req, res, () => {
      inProgress.dec()
      // As OpenTelemetry has it: no status where none was sent.
      const status = res.headersSent ? String(res.statusCode) : ''
      duration
        .with([method, routeOf(req, res, this.#route), status])
        .observe((performance.now() - began) / 1000)
    })
  }
}
