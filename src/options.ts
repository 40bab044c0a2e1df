import { defaultPrefix } from './metrics/catalogue.ts'
import { type Detail, expectDetail } from './metrics/detail.ts'
import {
  type FailedOperationOptions,
  type FailedOperationSettings,
  type NPlusOneOptions,
  type NPlusOneSettings,
  resolveFailedOperation,
  resolveNPlusOne,
  resolveSlowOperation,
  type SlowOperationOptions,
  type SlowOperationSettings,
} from './events/event-options.ts'
import {
  type LongTransactionOptions,
  type LongTransactionSettings,
  resolveLongTransaction,
} from './events/long-transaction-options.ts'
import {
  type MigrationsOptions,
  type MigrationsSettings,
  resolveMigrations,
} from './database/migrations-options.ts'
import { expectHistogramForm, type HistogramForm } from './metrics/histogram.ts'
import { defaultLibrary } from './metrics/library/default-library.ts'
import { isMetricRegistry, type MetricRegistry } from './metrics/registry.ts'
import {
  expectBuckets,
  expectPrefix,
  expectThat,
  readOptions,
  readStrings,
} from './support/validate.ts'
import { warnOnce } from './support/warn-once.ts'

/** Settings of the metrics of Prisma 6. */
export interface LegacyMetricsOptions {
  /**
   * Adds the twelve metrics of Prisma 6 to the registry, with the label `client`, so that dashboards
   * and alerts made for them continue to work.
   * @default false
   */
  readonly expose?: boolean
}

export interface PrismaMetricsOptions {
  /**
   * Value of the `client` label. Give each client of a process its own.
   * @default 'default'
   */
  readonly client?: string
  /**
   * The registry in which the metrics are registered.
   * @default prom-client's global `register`
   */
  readonly registry?: MetricRegistry
  /**
   * The start of every metric's name.
   * @default 'prisma_'
   */
  readonly prefix?: string
  /**
   * How many series the metrics have: `'minimal'` and `'low'` have fewer buckets and labels, `'low'` with
   * every alert; `'high'` has finer buckets for rows and operations. `buckets` wins over it.
   * @default 'normal'
   */
  readonly detail?: Detail
  /**
   * Upper bounds of the duration histograms, in seconds, ascending, without `+Inf`.
   * @default those of `detail`; with 'normal' [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
   */
  readonly buckets?: readonly number[]
  /**
   * Table name (or `schema.table`) → model name, for tables whose model cannot be discovered: if only
   * the adapter is wrapped, and for tables outside the Prisma schema.
   * @default {}
   */
  readonly models?: Readonly<Record<string, string>>
  /**
   * The maximum number of label sets of one metric. Each set is one series of a counter or gauge, and all
   * buckets, the sum and the count of a histogram: 16 series with the default buckets. Further sets are
   * folded into `$other` and counted in `prisma_series_dropped_total`.
   * @default 2000
   */
  readonly maxSeries?: number
  /**
   * Counts slow operations, and passes them to `onSlow`.
   * @default no operation counts as slow
   */
  readonly slowOperation?: SlowOperationOptions
  /**
   * Reports operations that fail.
   * @default failed operations are only counted
   */
  readonly failedOperation?: FailedOperationOptions
  /**
   * Counts transactions that are open for long, and reports each of them while it is open.
   * @default undefined, which counts none
   */
  readonly longTransaction?: LongTransactionOptions
  /**
   * Detects operations that a scope (`metrics.scope`, or a request under `exposeMetrics`) repeats;
   * `false` turns it off.
   * @default {}
   */
  readonly nPlusOne?: NPlusOneOptions | false
  /**
   * The migrations gauge; `false` turns it off. It reads at a scrape, on a connection that is already
   * open, and only if `_prisma_migrations` exists.
   * @default {}
   */
  readonly migrations?: MigrationsOptions | false
  /**
   * Exposes the delay of the event loop, which all instrumentations of the process share, and measures
   * how long code of each scope blocks it.
   * @default true
   */
  readonly eventLoopDelay?: boolean
  /**
   * Adds Prisma 6's `$metrics` to the extended client: `prometheus()` and `json()` with its twelve
   * metrics.
   * @default false
   */
  readonly legacyMetrics?: boolean | LegacyMetricsOptions
  /**
   * Asks Postgres of each native upsert whether it inserted or updated (`xmax = 0`, in its RETURNING), and
   * counts its rows as such instead of in `prisma_model_upserts_total`. Postgres refuses it for
   * partitioned tables and for views.
   * @default false
   */
  readonly exactUpserts?: boolean
  /**
   * Asks Postgres 13 or newer what became of a COMMIT without an answer (`pg_xact_status`), and counts its
   * rows as committed or rolled back instead of in `prisma_unknown_rows_total`. Costs one statement
   * before each COMMIT. For Prisma 7.
   * @default false
   */
  readonly decideUnknown?: boolean
  /**
   * The form of the histograms: `'classic'`, `'native'` or `'both'`. Prometheus receives native ones
   * only over protobuf, and a server that does stores them instead of the classic ones; use rules and
   * dashboards of the same form.
   * @default 'classic'
   */
  readonly histograms?: HistogramForm
  /**
   * Receives errors of the instrumentation, and of handlers and callbacks. They never reach a query.
   * @default a process warning for the first one; counters count all
   */
  readonly onError?: (error: unknown) => void
}

export interface ResolvedOptions {
  readonly client: string
  readonly registry: MetricRegistry
  readonly prefix: string
  readonly detail: Detail
  /** Undefined for those of `detail`. */
  readonly buckets: readonly number[] | undefined
  readonly models: Readonly<Record<string, string>>
  readonly maxSeries: number
  readonly slowOperation: SlowOperationSettings | undefined
  readonly failedOperation: FailedOperationSettings | undefined
  readonly longTransaction: LongTransactionSettings | undefined
  readonly nPlusOne: NPlusOneSettings | undefined
  readonly migrations: MigrationsSettings | false
  readonly eventLoopDelay: boolean
  readonly legacyMetrics: { readonly expose: boolean } | undefined
  readonly exactUpserts: boolean
  readonly decideUnknown: boolean
  readonly histograms: HistogramForm
  readonly onError: (error: unknown) => void
}

const optionNames: Readonly<Record<keyof PrismaMetricsOptions, true>> = {
  client: true,
  registry: true,
  prefix: true,
  detail: true,
  buckets: true,
  models: true,
  maxSeries: true,
  slowOperation: true,
  failedOperation: true,
  longTransaction: true,
  nPlusOne: true,
  migrations: true,
  eventLoopDelay: true,
  legacyMetrics: true,
  exactUpserts: true,
  decideUnknown: true,
  histograms: true,
  onError: true,
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveOptions(options: PrismaMetricsOptions = {}): ResolvedOptions {
  const {
    client = 'default',
    registry = defaultLibrary().register,
    prefix = defaultPrefix,
    detail = 'normal',
    buckets,
    models = {},
    maxSeries = 2000,
    slowOperation,
    failedOperation,
    longTransaction,
    nPlusOne = {},
    migrations = {},
    eventLoopDelay = true,
    legacyMetrics = false,
    exactUpserts = false,
    decideUnknown = false,
    histograms = 'classic',
    onError = warnOnce(
      'prisma-prometheus kept a failure from the queries (further ones are only counted)',
    ),
  } = readOptions('options', options, optionNames)
  expectThat(
    'client',
    typeof client === 'string' && client !== '',
    'a string that is not empty',
    client,
  )
  expectThat(
    'registry',
    isMetricRegistry(registry),
    'a prom-client Registry (an object with registerMetric and getSingleMetric)',
    registry,
  )
  expectPrefix(prefix)
  expectDetail(detail)
  if (buckets !== undefined) expectBuckets('buckets', buckets)
  expectThat(
    'maxSeries',
    Number.isInteger(maxSeries) && maxSeries >= 1,
    'a whole number of label sets, at least 1',
    maxSeries,
  )
  expectThat('eventLoopDelay', typeof eventLoopDelay === 'boolean', 'a boolean', eventLoopDelay)
  expectThat('exactUpserts', typeof exactUpserts === 'boolean', 'a boolean', exactUpserts)
  expectThat('decideUnknown', typeof decideUnknown === 'boolean', 'a boolean', decideUnknown)
  expectHistogramForm(histograms)
  expectThat('onError', typeof onError === 'function', 'a function', onError)
  return {
    client,
    registry,
    prefix,
    detail,
    buckets: buckets && [...buckets],
    models: readStrings('models', models, 'an object of table name to model name'),
    maxSeries,
    slowOperation: resolveSlowOperation(slowOperation),
    failedOperation: resolveFailedOperation(failedOperation),
    longTransaction: resolveLongTransaction(longTransaction),
    nPlusOne: resolveNPlusOne(nPlusOne),
    migrations: resolveMigrations(migrations),
    eventLoopDelay,
    legacyMetrics: resolveLegacyMetrics(legacyMetrics),
    exactUpserts,
    decideUnknown,
    histograms,
    onError,
  }
}

function resolveLegacyMetrics(
  legacyMetrics: boolean | LegacyMetricsOptions,
): ResolvedOptions['legacyMetrics'] {
  if (legacyMetrics === false) return undefined
  if (legacyMetrics === true) return { expose: false }
  const { expose = false } = readOptions(
    'legacyMetrics',
    legacyMetrics,
    { expose: true },
    'a boolean or an object',
  )
  expectThat('legacyMetrics.expose', typeof expose === 'boolean', 'a boolean', expose)
  return { expose }
}
