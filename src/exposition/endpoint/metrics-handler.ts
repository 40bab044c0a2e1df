import { ignoreRejection } from '../../metrics/error-reporter.ts'
import { codedError } from '../../support/coded-error.ts'
import { isAuthorized, within } from './access/is-authorized.ts'
import type { Credentials } from './access/authorize.ts'
import type { Body } from '../format/byte-writer.ts'
import { negotiateCoding } from '../format/negotiation/content-coding.ts'
import type { Failure } from './gather.ts'
import { RegistryFamilies } from './process-families.ts'
import { negotiate } from '../format/negotiation/negotiate.ts'
import type { ResolvedScrapeOptions } from './options.ts'
import { addDefaultMetrics } from './default-metrics.ts'
import { LivePage } from '../../live/live-page.ts'
import { readMetrics } from './live/read-metrics.ts'
import { type HandlerMetrics, registerHandlerMetrics } from './handler-metrics.ts'
import { warnAboutOtherCopy } from './other-copy.ts'
import { CoalescedScrapes } from './coalesced-scrapes.ts'
import { hasNativeBuckets, sourcesOfFamilies } from '../collect/family-sources.ts'
import { type Shared, sharedBy } from './shared-state.ts'
import { scrapeSeconds } from './timeout.ts'
import { joinWorkers, type WorkersKind } from '../cluster/workers.ts'
import { secondsSince } from '../../support/elapsed.ts'

/** A scrape, on any server. */
export interface ScrapeRequest<Request> {
  readonly method: string
  /** The part of the URL after `?`. */
  readonly query: string
  header(name: string): string | undefined
  readonly remoteAddress: string | undefined
  /** The server's own request. */
  readonly original: Request
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
}

export interface ScrapeResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Body | string
}

/** nginx's status for a client that disconnected; it is never sent. */
const clientClosedRequest = 499

/** Answers scrapes, independent of the server. */
export class MetricsHandler<Request> {
  readonly #options: ResolvedScrapeOptions<Request>
  readonly #metrics: HandlerMetrics
  readonly #shared: Shared

  /**
   * @throws {Error} if registries have metrics of one name that cannot be merged, or another metric
   * has the name of a handler metric.
   */
  constructor(options: ResolvedScrapeOptions<Request>) {
    const { registries } = options
    const [registry] = registries
    this.#options = options
    this.#metrics = registerHandlerMetrics(registry, options)
    this.#addDefaultMetrics()
    this.#shared = sharedBy(registries)
    const { workers } = options
    if (workers !== undefined) this.#shared.sums ??= this.#joined(workers)
  }

  /** The scrapes of the sum over all workers. */
  #joined(kind: WorkersKind): CoalescedScrapes {
    const { registries } = this.#options
    const onFailures = (failures: readonly Failure[]): void => this.#countFailures(failures)
    const own = new RegistryFamilies(registries, this.#shared.scrapes, onFailures)
    const workers = joinWorkers(kind, registries, own, (name, error) => {
      this.#countFailures([{ name, error }])
    })
    return new CoalescedScrapes(async (seconds) => sourcesOfFamilies(await workers.sum(seconds)))
  }

  /** Counts a scrape as in flight, until the returned function is called. */
  enter(): () => void {
    const { inFlight } = this.#metrics
    let entered = true
    inFlight.inc()
    return () => {
      if (entered) inFlight.dec()
      entered = false
    }
  }

  /** Never rejects. */
  async answer(request: ScrapeRequest<Request>): Promise<ScrapeResponse> {
    const began = performance.now()
    let response: ScrapeResponse
    try {
      this.#metrics.restore()
      this.#addDefaultMetrics()
      response = await this.#respond(request)
    } catch (error) {
      this.report(error)
      response = failure(500, 'The metrics could not be read.')
    }
    if (response.status === 200) {
      this.#metrics.duration.observe(secondsSince(began))
    }
    this.#metrics.requests(response.status).inc()
    return response
  }

  async #respond(request: ScrapeRequest<Request>): Promise<ScrapeResponse> {
    const verdict = this.#options.rules(credentialsOf(request))
    if (verdict.status === 401) {
      return failure(401, 'Unauthorized.', { 'www-authenticate': [...verdict.challenges] })
    }
    if (verdict.status === 403) return failure(403, 'Forbidden.')
    if (this.#shared.underWay >= this.#options.maxInFlight) {
      return failure(503, 'Too many scrapes at once, try again later.')
    }
    this.#shared.underWay += 1
    try {
      return await this.#authorizeAndExpose(request)
    } finally {
      this.#shared.underWay -= 1
    }
  }

  async #authorizeAndExpose(request: ScrapeRequest<Request>): Promise<ScrapeResponse> {
    const began = performance.now()
    const seconds = scrapeSeconds(
      request.header('x-prometheus-scrape-timeout-seconds'),
      this.#options,
    )
    const answer = await isAuthorized(this.#options.authorize, request, seconds, (error) =>
      this.report(error),
    )
    if (answer === 'aborted') return failure(clientClosedRequest, '')
    if (answer === 'late') {
      this.report(
        codedError(
          'PRISMA_PROMETHEUS_AUTHORIZE_TIMEOUT',
          `prisma-prometheus: authorize: expected an answer within ${seconds.toFixed(2)} s, got none`,
        ),
      )
      return failure(503, 'The authorization took too long.')
    }
    if (!answer) return failure(403, 'Forbidden.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failure(405, 'Method not allowed.', { allow: 'GET, HEAD' })
    }
    warnAboutOtherCopy(this.#options.registries)
    return this.#expose(request, seconds - secondsSince(began))
  }

  async #expose(request: ScrapeRequest<Request>, seconds: number): Promise<ScrapeResponse> {
    const { compressions, failOnCollectError, openMetrics, created, histograms, workers } =
      this.#options
    const { scrapes, sums } = this.#shared
    const coalesced = workers === undefined ? scrapes : (sums ?? scrapes)
    const cycle = coalesced.join(seconds)
    try {
      const { signal } = request
      const names = namesIn(request.query)
      // The gathering keeps the deadline itself.
      const outcome = await within(cycle.gather(names, seconds, signal), undefined, signal)
      if (typeof outcome === 'string' || signal.aborted) return failure(clientClosedRequest, '')
      const gathered = outcome.value
      this.#countFailures(gathered.failures)
      if (failOnCollectError && gathered.failures.length > 0) {
        const isLate = gathered.failures.every(({ late }) => late)
        return isLate
          ? failure(503, 'A metric was late.')
          : failure(500, 'A metric could not be read.')
      }
      const { families } = gathered
      const protobuf =
        histograms !== 'classic' || families.some(({ collected }) => hasNativeBuckets(collected))
      const format = {
        ...negotiate(request.header('accept'), { openMetrics, protobuf }),
        created,
      }
      const coding = negotiateCoding(request.header('accept-encoding'), compressions)
      const { body, failures } = await cycle.body(gathered, format, coding)
      this.#countFailures(failures)
      if (failOnCollectError && failures.length > 0) {
        return failure(500, 'A metric could not be read.')
      }
      return {
        status: 200,
        headers: {
          'content-type': format.contentType,
          'content-length': String(body.length),
          vary: 'Accept, Accept-Encoding',
          ...(coding === undefined ? undefined : { 'content-encoding': coding }),
          ...commonHeaders,
        },
        body,
      }
    } finally {
      cycle.leave()
    }
  }

  #addDefaultMetrics(): void {
    const { registries, defaultMetrics } = this.#options
    if (defaultMetrics !== undefined) addDefaultMetrics(registries[0], defaultMetrics)
  }

  #countFailures(failures: readonly Pick<Failure, 'name' | 'error'>[]): void {
    for (const { name, error } of failures) {
      this.#metrics.collectErrors(name).inc()
      this.report(error)
    }
  }

  /** The live page of the registries. */
  get livePage(): LivePage {
    const { registries, prefix, workers } = this.#options
    return (this.#shared.live ??= new LivePage({
      read: (use) =>
        readMetrics(
          { registries, prefix, scrapes: this.#shared.scrapes, sums: this.#shared.sums },
          use,
        ),
      registries,
      workers: workers !== undefined,
      report: this.#shared.warn,
    }))
  }

  /** Reports an error to `onError`. Never throws. */
  report(error: unknown): void {
    try {
      const { onError = this.#shared.warn } = this.#options
      ignoreRejection(onError(error))
    } catch {
      // An error that `onError` throws must not reach a request.
    }
  }
}

function credentialsOf(request: ScrapeRequest<unknown>): Credentials {
  return {
    authorization: request.header('authorization'),
    remoteAddress: request.remoteAddress,
  }
}

/** The names in `?name[]=`; undefined without names, which selects all families. */
function namesIn(query: string): ReadonlySet<string> | undefined {
  const names = new URLSearchParams(query).getAll('name[]')
  return names.length === 0 ? undefined : new Set(names)
}

/** A scrape is not cacheable, and browsers must not guess its type from label values. */
const commonHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): ScrapeResponse {
  const body = `${message}\n`
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(body.length),
      ...commonHeaders,
      ...headers,
    },
    body,
  }
}
