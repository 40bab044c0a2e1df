import { defaultPrefix } from '../../metrics/catalogue.ts'
import { defaultLibrary } from '../../metrics/default-library.ts'
import {
  expectBuckets,
  expectPrefix,
  expectThat,
  readOptions,
  readStrings,
} from '../../support/validate.ts'
import {
  type AuthorizeFunction,
  type AuthorizeRules,
  compileRules,
  type Credentials,
  type Verdict,
} from './authorize.ts'
import {
  type ContentCoding,
  contentCodings,
  isAvailable,
} from '../format/negotiation/content-coding.ts'
import { type ExposableRegistry, isExposableRegistry } from '../collect/registry.ts'
import type { WorkersKind } from '../cluster/workers.ts'

/** What a scrape is and how it is answered, whatever the server. `Request` is the server's own. */
export interface ScrapeOptions<Request> {
  /**
   * The registry, or several as one: of `prom-client`, of `@prometheus-io/client`, or both. Metrics
   * of one name are merged where type, labels and buckets agree.
   * @default prom-client's global `register`
   */
  readonly registry?: ExposableRegistry | readonly ExposableRegistry[]
  /**
   * Start of the names of the endpoint's own metrics, which go into the (first) registry.
   * @default 'prisma_'
   */
  readonly prefix?: string
  /**
   * Adds prom-client's default metrics (CPU, memory, event loop, …) to the (first) registry, where
   * they are not there yet; as an object, with that configuration.
   * @default false
   */
  readonly collectDefaultMetrics?: boolean | DefaultMetricsOptions
  /**
   * Who may scrape: rules, or a function that gets the request as the server has it.
   * @default everybody
   */
  readonly authorize?: AuthorizeRules | AuthorizeFunction<Request>
  /**
   * Scrapes that may be under way at once, over all endpoints of these registries; one more gets
   * 503. A scrape is no longer under way when its body is ready.
   * @default Infinity
   */
  readonly maxInFlight?: number
  /**
   * How long a scrape waits for the metrics' collectors, in seconds. What is late is left out. The
   * scraper's `X-Prometheus-Scrape-Timeout-Seconds` counts where it is shorter, or where this is
   * not given.
   * @default 10, where the scraper names no timeout
   */
  readonly timeoutSeconds?: number
  /**
   * What is taken off the scraper's own timeout for writing and sending the body, in seconds.
   * @default 0.5
   */
  readonly timeoutOffsetSeconds?: number
  /**
   * Where a collector fails or is late: `'continue'` serves the others, `'fail'` answers 500, or
   * 503 where there was no failure but lateness.
   * @default 'continue'
   */
  readonly onCollectError?: 'continue' | 'fail'
  /**
   * Whether OpenMetrics is on offer, to those who ask for it. Without it there are no exemplars, and
   * bounds look the same to every scraper: `le="1"`, never `le="1.0"`.
   * @default true
   */
  readonly openMetrics?: boolean
  /**
   * Compressions on offer, the preferred one first; `false` for none. Those that this Node does not
   * have (zstd before 22.15) are passed over.
   * @default ['zstd', 'br', 'gzip']
   */
  readonly compression?: readonly ContentCoding[] | false
  /**
   * Serves the sum over all processes of `node:cluster`, or over all threads of this process: what
   * the workers that are gone have counted is kept, and gauges are combined as each one's
   * `aggregator` says. To be given in every worker and in the primary (or the main thread), whichever
   * of them serve.
   * @default each process and thread serves its own
   */
  readonly workers?: WorkersKind
  /**
   * Receives what went wrong while answering: what a collector threw, which one was late, what the
   * authorizing function threw. Nothing of it reaches the scraper.
   * @default a process warning for the first one; `prisma_exposition_collect_errors_total` counts all
   */
  readonly onError?: (error: unknown) => void
}

/** prom-client's configuration of its default metrics. */
export interface DefaultMetricsOptions {
  readonly prefix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly gcDurationBuckets?: readonly number[]
  /** In milliseconds. */
  readonly eventLoopMonitoringPrecision?: number
}

export interface ResolvedScrapeOptions<Request> {
  readonly registries: readonly [ExposableRegistry, ...ExposableRegistry[]]
  readonly prefix: string
  readonly defaultMetrics: DefaultMetricsOptions | undefined
  /** Throws or rejects where the user's own function does. */
  readonly authorize: (request: Request, credentials: Credentials) => Verdict | Promise<Verdict>
  readonly maxInFlight: number
  readonly timeoutSeconds: number | undefined
  readonly timeoutOffsetSeconds: number
  readonly failOnCollectError: boolean
  readonly openMetrics: boolean
  readonly compressions: readonly ContentCoding[]
  readonly workers: WorkersKind | undefined
  readonly onError: ((error: unknown) => void) | undefined
}

export const scrapeOptionNames: Readonly<Record<keyof ScrapeOptions<unknown>, true>> = {
  registry: true,
  prefix: true,
  collectDefaultMetrics: true,
  authorize: true,
  maxInFlight: true,
  timeoutSeconds: true,
  timeoutOffsetSeconds: true,
  onCollectError: true,
  openMetrics: true,
  compression: true,
  workers: true,
  onError: true,
}

const defaultMetricsOptionNames: Readonly<Record<keyof DefaultMetricsOptions, true>> = {
  prefix: true,
  labels: true,
  gcDurationBuckets: true,
  eventLoopMonitoringPrecision: true,
}

/**
 * @param options as `readOptions` returns them
 * @throws {TypeError} naming the option, what was expected and what came.
 */
export function resolveScrapeOptions<Request>(
  options: ScrapeOptions<Request>,
): ResolvedScrapeOptions<Request> {
  const {
    registry = defaultLibrary().register,
    prefix = defaultPrefix,
    collectDefaultMetrics = false,
    maxInFlight = Number.POSITIVE_INFINITY,
    timeoutSeconds,
    timeoutOffsetSeconds = 0.5,
    onCollectError = 'continue',
    openMetrics = true,
    compression = contentCodings,
    workers,
    onError,
  } = options
  expectPrefix(prefix)
  expectThat(
    'maxInFlight',
    maxInFlight === Number.POSITIVE_INFINITY || (Number.isInteger(maxInFlight) && maxInFlight >= 1),
    'a whole number of at least 1',
    maxInFlight,
  )
  expectThat(
    'timeoutSeconds',
    timeoutSeconds === undefined || (typeof timeoutSeconds === 'number' && timeoutSeconds > 0),
    'a number of seconds greater than 0',
    timeoutSeconds,
  )
  expectThat(
    'timeoutOffsetSeconds',
    typeof timeoutOffsetSeconds === 'number' && timeoutOffsetSeconds >= 0,
    'a number of seconds of at least 0',
    timeoutOffsetSeconds,
  )
  expectThat(
    'onCollectError',
    onCollectError === 'continue' || onCollectError === 'fail',
    "'continue' or 'fail'",
    onCollectError,
  )
  expectThat('openMetrics', typeof openMetrics === 'boolean', 'true or false', openMetrics)
  expectThat(
    'workers',
    workers === undefined || workers === 'cluster' || workers === 'threads',
    "'cluster' or 'threads'",
    workers,
  )
  expectThat(
    'onError',
    onError === undefined || typeof onError === 'function',
    'a function',
    onError,
  )
  return {
    registries: resolveRegistries(registry),
    prefix,
    defaultMetrics: resolveDefaultMetrics(collectDefaultMetrics),
    authorize: resolveAuthorize(options),
    maxInFlight,
    timeoutSeconds,
    timeoutOffsetSeconds,
    failOnCollectError: onCollectError === 'fail',
    openMetrics,
    compressions: resolveCompressions(compression),
    workers,
    onError,
  }
}

function resolveDefaultMetrics(
  given: boolean | DefaultMetricsOptions,
): DefaultMetricsOptions | undefined {
  if (typeof given === 'boolean') return given ? {} : undefined
  const expected = "true, false or prom-client's configuration"
  const options = readOptions('collectDefaultMetrics', given, defaultMetricsOptionNames, expected)
  const { prefix, labels, gcDurationBuckets, eventLoopMonitoringPrecision } = options
  if (prefix !== undefined) expectPrefix(prefix, 'collectDefaultMetrics.prefix')
  if (gcDurationBuckets !== undefined) {
    expectBuckets('collectDefaultMetrics.gcDurationBuckets', gcDurationBuckets)
  }
  expectThat(
    'collectDefaultMetrics.eventLoopMonitoringPrecision',
    eventLoopMonitoringPrecision === undefined ||
      (Number.isInteger(eventLoopMonitoringPrecision) && eventLoopMonitoringPrecision >= 1),
    'a whole number of milliseconds of at least 1',
    eventLoopMonitoringPrecision,
  )
  if (labels === undefined) return options
  return {
    ...options,
    labels: readStrings('collectDefaultMetrics.labels', labels, 'an object of label name to value'),
  }
}

function resolveRegistries(
  registry: ExposableRegistry | readonly ExposableRegistry[],
): ResolvedScrapeOptions<unknown>['registries'] {
  const registries: readonly unknown[] = Array.isArray(registry) ? registry : [registry]
  expectThat('registry', registries.length > 0, 'a registry or several', registry)
  for (const one of registries) {
    expectThat(
      'registry',
      isExposableRegistry(one),
      'a Registry of prom-client or @prometheus-io/client, or an array of them',
      one,
    )
  }
  return registries as unknown as ResolvedScrapeOptions<unknown>['registries']
}

function resolveAuthorize<Request>(
  options: ScrapeOptions<Request>,
): ResolvedScrapeOptions<Request>['authorize'] {
  // A rule that got lost on its way (an unset variable) must not open the door.
  if (!Object.hasOwn(options, 'authorize')) return () => ({ status: 200 })
  const { authorize } = options
  if (typeof authorize !== 'function') {
    const decide = compileRules(authorize as AuthorizeRules)
    return (_request, credentials) => decide(credentials)
  }
  return async (request) => {
    // Plain JavaScript may return anything; only `true` opens.
    const answer: unknown = await authorize(request)
    return { status: answer === true ? 200 : 403 }
  }
}

function resolveCompressions(compression: unknown): readonly ContentCoding[] {
  if (compression === false) return []
  expectThat(
    'compression',
    Array.isArray(compression) &&
      compression.every((coding: ContentCoding) => contentCodings.includes(coding)),
    `false or an array of ${contentCodings.join(', ')}`,
    compression,
  )
  return (compression as readonly ContentCoding[]).filter(isAvailable)
}
