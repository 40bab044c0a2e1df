import { defaultPrefix } from '../../metrics/catalogue.ts'
import { type Detail, expectDetail } from '../../metrics/detail.ts'
import { expectHistogramForm, type HistogramForm } from '../../metrics/histogram.ts'
import { defaultLibrary } from '../../metrics/library/default-library.ts'
import { expectPrefix, expectSeconds, expectThat } from '../../support/validate.ts'
import {
  type AuthorizeFunction,
  type AuthorizeRules,
  compileRules,
  type Credentials,
  type Verdict,
} from './access/authorize.ts'
import {
  type ContentCoding,
  contentCodings,
  isAvailable,
} from '../format/negotiation/content-coding.ts'
import { type ExposableRegistry, type Registries, resolveRegistries } from '../collect/registry.ts'
import { type DefaultMetricsOptions, resolveDefaultMetrics } from './default-metrics.ts'
import type { WorkersKind } from '../cluster/workers.ts'

/** The options of a scrape on any server. `Request` is the server's own. */
export interface ScrapeOptions<Request> {
  /**
   * The registry, or several served as one: of `prom-client`, of `@prometheus-io/client`, or both.
   * Metrics of one name are merged if their types, labels and buckets agree.
   * @default prom-client's global `register`
   */
  readonly registry?: ExposableRegistry | readonly ExposableRegistry[]
  /**
   * The prefix of the endpoint's own metrics, which are registered in the (first) registry.
   * @default 'prisma_'
   */
  readonly prefix?: string
  /**
   * How many series the endpoint's own metrics have, and those of requests (`http_server_…`): the levels
   * of `prismaMetrics({ detail })`. All endpoints of a registry have the same.
   * @default 'normal'
   */
  readonly detail?: Detail
  /**
   * Adds prom-client's default metrics (CPU, memory, event loop, …) to the (first) registry, unless
   * it has them. An object is prom-client's configuration.
   * @default false
   */
  readonly collectDefaultMetrics?: boolean | DefaultMetricsOptions
  /**
   * Restricts scrapes: rules, or a function of the server's request. A function that does not settle
   * within the scrape's deadline is answered with 503.
   * @default everyone
   */
  readonly authorize?: AuthorizeRules | AuthorizeFunction<Request>
  /**
   * The maximum number of scrapes in progress, over all endpoints of these registries; another one
   * gets 503. A scrape ends when its body is ready. A pending `authorize` function counts.
   * @default Infinity
   */
  readonly maxInFlight?: number
  /**
   * How long a scrape waits for the metrics' collectors, in seconds. Late metrics are left out. The
   * scraper's `X-Prometheus-Scrape-Timeout-Seconds` applies if it is shorter, or if this option is
   * not set.
   * @default 10, unless the scraper sends a timeout
   */
  readonly timeoutSeconds?: number
  /**
   * Time reserved from the scraper's timeout for writing and sending the body, in seconds.
   * @default 0.5
   */
  readonly timeoutOffsetSeconds?: number
  /**
   * The behaviour of a scrape if a collector fails or is late: `'continue'` serves the other metrics,
   * `'fail'` answers 500, or 503 if collectors were only late.
   * @default 'continue'
   */
  readonly onCollectError?: 'continue' | 'fail'
  /**
   * Whether scrapers may ask for OpenMetrics. Without it there are no exemplars, and bounds are
   * written the same for every scraper: `le="1"`, never `le="1.0"`.
   * @default true
   */
  readonly openMetrics?: boolean
  /**
   * The form of the endpoint's own histograms: `'classic'`, `'native'` or `'both'`. Scrapers may ask
   * for protobuf, which native histograms need, if a histogram of the registries is native.
   * @default 'classic'
   */
  readonly histograms?: HistogramForm
  /**
   * Whether OpenMetrics bodies have a `_created` line for each counter and histogram of this package:
   * the time when its series was created or last reset. It adds a line per series. Protobuf has the
   * times always.
   * @default false
   */
  readonly created?: boolean
  /**
   * Compressions on offer, the preferred one first; `false` for none. Compressions that the running
   * Node does not support (zstd before 22.15) are skipped.
   * @default ['zstd', 'br', 'gzip']
   */
  readonly compression?: readonly ContentCoding[] | false
  /**
   * Serves the sum over all processes of `node:cluster`, or over all threads of this process. Counts
   * of exited workers are kept, and gauges are combined by their `aggregator`. Set it in every worker
   * and in the primary (or the main thread), whether or not they serve.
   * @default each process and thread serves its own
   */
  readonly workers?: WorkersKind
  /**
   * Receives the errors of collectors, of the `authorize` and `route` functions and of the request
   * metrics. They never reach a scraper or a request.
   * @default a process warning for the first one; `prisma_exposition_collect_errors_total` counts
   * those of collectors
   */
  readonly onError?: (error: unknown) => void
}

export interface ResolvedScrapeOptions<Request> {
  readonly registries: Registries
  readonly prefix: string
  readonly detail: Detail
  readonly defaultMetrics: DefaultMetricsOptions | undefined
  readonly rules: (credentials: Credentials) => Verdict
  /** The rules of the live page; undefined without `authorize`. */
  readonly liveRules: ((credentials: Credentials) => Verdict) | undefined
  /** The user's function. May return anything, throw or reject. */
  readonly authorize: ((request: Request) => unknown) | undefined
  readonly maxInFlight: number
  readonly timeoutSeconds: number | undefined
  readonly timeoutOffsetSeconds: number
  readonly failOnCollectError: boolean
  readonly openMetrics: boolean
  readonly histograms: HistogramForm
  readonly created: boolean
  readonly compressions: readonly ContentCoding[]
  readonly workers: WorkersKind | undefined
  readonly onError: ((error: unknown) => void) | undefined
}

export const scrapeOptionNames: Readonly<Record<keyof ScrapeOptions<unknown>, true>> = {
  registry: true,
  prefix: true,
  detail: true,
  collectDefaultMetrics: true,
  authorize: true,
  maxInFlight: true,
  timeoutSeconds: true,
  timeoutOffsetSeconds: true,
  onCollectError: true,
  openMetrics: true,
  histograms: true,
  created: true,
  compression: true,
  workers: true,
  onError: true,
}

/**
 * @param options as `readOptions` returns them
 * @throws {TypeError} that names the option, the expectation and the value.
 */
export function resolveScrapeOptions<Request>(
  options: ScrapeOptions<Request>,
): ResolvedScrapeOptions<Request> {
  const {
    registry = defaultLibrary().register,
    prefix = defaultPrefix,
    detail = 'normal',
    collectDefaultMetrics = false,
    maxInFlight = Number.POSITIVE_INFINITY,
    timeoutSeconds,
    timeoutOffsetSeconds = 0.5,
    onCollectError = 'continue',
    openMetrics = true,
    histograms = 'classic',
    created = false,
    compression = contentCodings,
    workers,
    onError,
  } = options
  expectPrefix(prefix)
  expectDetail(detail)
  expectThat(
    'maxInFlight',
    maxInFlight === Number.POSITIVE_INFINITY || (Number.isInteger(maxInFlight) && maxInFlight >= 1),
    'a whole number of at least 1',
    maxInFlight,
  )
  if (timeoutSeconds !== undefined) expectSeconds('timeoutSeconds', timeoutSeconds)
  expectSeconds('timeoutOffsetSeconds', timeoutOffsetSeconds, 0)
  expectThat(
    'onCollectError',
    onCollectError === 'continue' || onCollectError === 'fail',
    "'continue' or 'fail'",
    onCollectError,
  )
  expectThat('openMetrics', typeof openMetrics === 'boolean', 'true or false', openMetrics)
  expectHistogramForm(histograms)
  expectThat('created', typeof created === 'boolean', 'true or false', created)
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
    detail,
    defaultMetrics: resolveDefaultMetrics(collectDefaultMetrics),
    ...resolveAuthorize(options),
    maxInFlight,
    timeoutSeconds,
    timeoutOffsetSeconds,
    failOnCollectError: onCollectError === 'fail',
    openMetrics,
    histograms,
    created,
    compressions: resolveCompressions(compression),
    workers,
    onError,
  }
}

function everyone(): Verdict {
  return { status: 200 }
}

function resolveAuthorize<Request>(
  options: ScrapeOptions<Request>,
): Pick<ResolvedScrapeOptions<Request>, 'rules' | 'liveRules' | 'authorize'> {
  // A rule that is undefined (a variable that is not set) must not leave the endpoint open.
  if (!Object.hasOwn(options, 'authorize')) {
    return { rules: everyone, liveRules: undefined, authorize: undefined }
  }
  const { authorize } = options
  if (typeof authorize === 'function') return { rules: everyone, liveRules: everyone, authorize }
  const rules = authorize as AuthorizeRules
  return { rules: compileRules(rules), liveRules: compileRules(rules, true), authorize: undefined }
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
