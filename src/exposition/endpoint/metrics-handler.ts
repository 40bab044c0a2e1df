import { defaultLibrary } from '../../metrics/default-library.ts'
import { warnOnce } from '../../support/warn-once.ts'
import type { Credentials, Verdict } from './authorize.ts'
import type { Body } from '../format/byte-writer.ts'
import { negotiateCoding } from '../format/negotiation/content-coding.ts'
import type { Failure } from './gather.ts'
import { RegistryFamilies } from './process-families.ts'
import { negotiate } from '../format/negotiation/negotiate.ts'
import type { DefaultMetricsOptions, ResolvedScrapeOptions } from './options.ts'
import { type OwnMetrics, registerOwnMetrics } from './handler-metrics.ts'
import type { ExposableRegistry } from '../collect/registry.ts'
import { CoalescedScrapes } from './coalesced-scrapes.ts'
import { sourcesOf, sourcesOfFamilies } from '../collect/family-sources.ts'
import { expectNoConflict } from '../collect/registered-families.ts'
import { scrapeSeconds } from './timeout.ts'
import { joinWorkers, type WorkersKind } from '../cluster/workers.ts'

/** A scrape, whatever the server. */
export interface ScrapeRequest<Request> {
  readonly method: string
  /** What follows `?` in the URL. */
  readonly query: string
  header(name: string): string | undefined
  readonly remoteAddress: string | undefined
  /** The request as the server has it. */
  readonly original: Request
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface ScrapeResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Body | string
}

/** nginx's status for a client that went away; it is never sent. */
const clientClosedRequest = 499

/** Answers scrapes. It knows HTTP's words, but no server. */
export class Scraper<Request> {
  readonly #options: ResolvedScrapeOptions<Request>
  readonly #metrics: OwnMetrics
  readonly #shared: Shared

  /**
   * @throws {Error} where registries have metrics of one name that cannot be merged, or a name of
   * the endpoint's own metrics is taken.
   */
  constructor(options: ResolvedScrapeOptions<Request>) {
    const { registries, prefix, defaultMetrics } = options
    const [registry] = registries
    this.#options = options
    this.#metrics = registerOwnMetrics(registry, prefix)
    if (defaultMetrics !== undefined) addDefaultMetrics(registry, defaultMetrics)
    this.#shared = sharedBy(registries)
    const { workers } = options
    if (workers !== undefined) this.#shared.sums ??= this.#joined(workers)
  }

  /** The scrapes of all workers together. */
  #joined(kind: WorkersKind): CoalescedScrapes {
    const { registries } = this.#options
    const onFailures = (failures: readonly Failure[]): void => this.#countFailures(failures)
    const own = new RegistryFamilies(registries, this.#shared.scrapes, onFailures)
    const workers = joinWorkers(kind, registries, own, (name, error) => {
      this.#countFailures([{ name, error }])
    })
    return new CoalescedScrapes(async (seconds) => sourcesOfFamilies(await workers.sum(seconds)))
  }

  /**
   * Counts a scrape as being answered. The function that is returned, to be called at its end
   * however it ends, takes it off again.
   */
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
      response = await this.#respond(request)
    } catch (error) {
      this.#report(error)
      response = failure(500, 'The metrics could not be read.')
    }
    if (response.status === 200) {
      this.#metrics.duration.observe((performance.now() - began) / 1000)
    }
    this.#metrics.requests(response.status).inc()
    return response
  }

  async #respond(request: ScrapeRequest<Request>): Promise<ScrapeResponse> {
    const verdict = await this.#authorize(request)
    if (verdict.status === 401) {
      return failure(401, 'Unauthorized.', { 'www-authenticate': [...verdict.challenges] })
    }
    if (verdict.status === 403) return failure(403, 'Forbidden.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failure(405, 'Method not allowed.', { allow: 'GET, HEAD' })
    }
    if (this.#shared.underWay >= this.#options.maxInFlight) {
      return failure(503, 'Too many scrapes at once, try again later.')
    }
    this.#shared.underWay += 1
    try {
      return await this.#expose(request)
    } finally {
      this.#shared.underWay -= 1
    }
  }

  async #authorize(request: ScrapeRequest<Request>): Promise<Verdict> {
    try {
      return await this.#options.authorize(request.original, credentialsOf(request))
    } catch (error) {
      this.#report(error)
      return { status: 403 }
    }
  }

  async #expose(request: ScrapeRequest<Request>): Promise<ScrapeResponse> {
    const { compressions, failOnCollectError, openMetrics, workers } = this.#options
    const seconds = scrapeSeconds(
      request.header('x-prometheus-scrape-timeout-seconds'),
      this.#options,
    )
    const { scrapes, sums } = this.#shared
    const coalesced = workers === undefined ? scrapes : (sums ?? scrapes)
    const cycle = coalesced.join(seconds)
    try {
      const { signal } = request
      const gathered = await unlessAborted(
        cycle.gather(namesIn(request.query), seconds, signal),
        signal,
      )
      if (gathered === undefined || signal.aborted) return failure(clientClosedRequest, '')
      this.#countFailures(gathered.failures)
      if (failOnCollectError && gathered.failures.length > 0) {
        const isLate = gathered.failures.every(({ late }) => late)
        return isLate
          ? failure(503, 'A metric was late.')
          : failure(500, 'A metric could not be read.')
      }
      const format = negotiate(request.header('accept'), openMetrics)
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

  #countFailures(failures: readonly Pick<Failure, 'name' | 'error'>[]): void {
    for (const { name, error } of failures) {
      this.#metrics.collectErrors(name).inc()
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    try {
      const { onError = this.#shared.warn } = this.#options
      onError(error)
    } catch {
      // The user's reporter failed; the scrape must not.
    }
  }
}

interface Shared {
  readonly scrapes: CoalescedScrapes
  /** The scrapes of all workers together, where this process has joined them. */
  sums: CoalescedScrapes | undefined
  /** Scrapes whose bodies are being made. */
  underWay: number
  /** Where errors go that the user takes no notice of. */
  readonly warn: (error: unknown) => void
}

interface SharedBySet extends Shared {
  readonly registries: readonly ExposableRegistry[]
}

const sharedByFirst = new WeakMap<ExposableRegistry, SharedBySet[]>()

/**
 * What all endpoints of the same registries have in common, however many are made.
 *
 * @throws {Error} where they are met for the first time and cannot be merged. What comes to clash
 * later is left out of the scrapes.
 */
function sharedBy(registries: ResolvedScrapeOptions<unknown>['registries']): Shared {
  const [first] = registries
  const sets = sharedByFirst.get(first) ?? []
  sharedByFirst.set(first, sets)
  let set = sets.find(
    (candidate) =>
      candidate.registries.length === registries.length &&
      candidate.registries.every((registry, index) => registry === registries[index]),
  )
  if (set === undefined) {
    expectNoConflict(registries)
    const warn = warnOnce(
      'prisma-prometheus could not collect a metric (further failures are only counted)',
    )
    const scrapes = new CoalescedScrapes(() => sourcesOf(registries))
    set = { registries, scrapes, sums: undefined, underWay: 0, warn }
    sets.push(set)
  }
  return set
}

function addDefaultMetrics(registry: ExposableRegistry, options: DefaultMetricsOptions): void {
  const probe = `${options.prefix ?? ''}process_cpu_user_seconds_total`
  if (registry.getSingleMetric(probe) != null) return
  defaultLibrary().collectDefaultMetrics({ ...options, register: registry })
}

function credentialsOf(request: ScrapeRequest<unknown>): Credentials {
  return {
    authorization: request.header('authorization'),
    forwardedFor: request.header('x-forwarded-for'),
    remoteAddress: request.remoteAddress,
  }
}

/** The families asked for by `?name[]=`, or none where all are meant. */
function namesIn(query: string): ReadonlySet<string> | undefined {
  const names = new URLSearchParams(query).getAll('name[]')
  return names.length === 0 ? undefined : new Set(names)
}

/** What the promise gives, or nothing once the signal is aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
    const end = (): void => signal.removeEventListener('abort', onAbort)
    promise.finally(end).then(resolve, reject)
  })
}

/** What a scrape says is true now and for its reader, and it is text whatever a label looks like. */
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
