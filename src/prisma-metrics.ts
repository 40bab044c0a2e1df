import { type BusinessMetrics, createEvents } from './events/events.ts'
import type { PrismaTypeMap } from './events/handlers/operation-event.ts'
import { createParts } from './instrumentation.ts'
import { LegacyMetrics } from './legacy/legacy-metrics.ts'
import type { LegacyMetricsClient } from './legacy/metrics-client.ts'
import { type LegacyMetricsOptions, type PrismaMetricsOptions, resolveOptions } from './options.ts'
import { Comments, type CommentsOptions, type CommentsPlugin } from './prisma/comments/comments.ts'
import { databaseAccess } from './prisma/database-access.ts'
import { defaultSchema } from './prisma/default-schema.ts'
import type { StatementLayer } from './prisma/statements/call-watch.ts'
import { expectFactory, instrumentFactory } from './prisma/statements/instrument-factory.ts'
import { TransactionOpenings } from './prisma/statements/transaction-openings.ts'
import { ClientInfo } from './prisma/client-info.ts'
import type { SqlDriverAdapter, SqlDriverAdapterFactory } from './prisma/driver-adapter.ts'
import { behindCache } from './prisma/operations/behind-cache.ts'
import { ClientExtension, type PrismaMetricsExtension } from './prisma/operations/extension.ts'
import type { OperationLayer } from './prisma/operations/observe-operations.ts'
import { operationNames } from './prisma/operations/operation-names.ts'
import { adapterFactory, modelTables } from './prisma/internals.ts'
import { exposeMigrations } from './prisma/migrations/migrations.ts'
import { CacheRequests } from './database/operations/cache-requests.ts'
import { OperationStatements } from './database/operations/operation-statements.ts'
import { OperationRecorder } from './database/operations/operation-recorder.ts'
import { isInstrumentedBy, instrumentationsOf } from './database/instrumented-by.ts'
import {
  exposeTransactionErrors,
  transactionErrors,
} from './database/operations/transaction-errors.ts'
import { transactionErrorCode, transactionFailures } from './prisma/transaction-code.ts'
import { OperationWaits } from './database/operations/operation-waits.ts'
import { PoolMetrics } from './database/pool/pool-metrics.ts'
import { errorCode } from './prisma/error-code.ts'
import { TransactionCalls } from './prisma/operations/transaction-calls.ts'
import { rowActionOf } from './prisma/operations/written-rows.ts'
import { isObject } from './support/validate.ts'

/**
 * One instrumentation: the metrics of one Prisma client, and the application's own metrics. `T` is the
 * client's `Prisma.TypeMap`, and types the events.
 */
export interface PrismaMetrics<
  T extends PrismaTypeMap = PrismaTypeMap,
  Members extends object = {},
> extends BusinessMetrics<T> {
  /**
   * Wraps a driver adapter factory (`new PrismaPg(…)`) with the statement layer. Returns the factory itself
   * if this instrumentation has wrapped it already.
   *
   * @throws {Error} if another instrumentation of the same registry has wrapped the factory.
   */
  adapter<F extends SqlDriverAdapterFactory>(factory: F): F
  /**
   * Extends a Prisma client with the operation layer, and returns it with the type that it was given:
   * it fits `PrismaClient`, its `tx` fits `Prisma.TransactionClient`, and `$on` works. Returns the client
   * itself if it is instrumented already.
   *
   * @throws {TypeError} if `client` is not a Prisma client.
   * @throws {Error} if another instrumentation of the same registry has extended the client.
   */
  instrument<C extends object>(client: C): C & Members
  /** The operation layer for `$extends`. A client that has it already is returned unchanged. */
  readonly extension: PrismaMetricsExtension<Members>
  /**
   * Counts hits and misses of a cache extension, for `$extends` after the cache:
   * `client.$extends(metrics.extension).$extends(aCache).$extends(metrics.behindCache)`.
   */
  readonly behindCache: PrismaMetricsExtension
  /**
   * Attributes SQL to operations, for `comments: [metrics.comments]` of `new PrismaClient`. Needs
   * {@link adapter}, which removes the comments before the SQL reaches the database.
   */
  readonly comments: CommentsPlugin
  /**
   * As {@link comments}, with tags that stay in the SQL for the tools of the database.
   *
   * @throws {TypeError} for a key or a value that is not allowed, and for more than 100 characters.
   */
  commentsWith(options: CommentsOptions): CommentsPlugin
  /**
   * Removes the instrumentation from its registry: its series, gauges and scopes. Its client continues to
   * work and is not measured any more.
   */
  dispose(): void
  [Symbol.dispose](): void
}

/** The members that the `legacyMetrics` option adds to the extended client. */
export interface LegacyMembers {
  /** Prisma 6's metrics of this client. */
  readonly $metrics: LegacyMetricsClient
}

/**
 * Creates one instrumentation. Give each client of a process its own, with its own `client` label.
 *
 * @example
 * ```ts
 * const metrics = prismaMetrics()
 * const prisma = metrics.instrument(
 *   new PrismaClient({ adapter: metrics.adapter(new PrismaPg({ connectionString })) }),
 * )
 * ```
 *
 * @throws {TypeError} for an unknown or invalid option.
 * @throws {Error} if the registry has a metric of the same name that is not this package's, or that has
 * other labels or buckets.
 */
export function prismaMetrics<T extends PrismaTypeMap = PrismaTypeMap>(
  options: PrismaMetricsOptions & { readonly legacyMetrics: true | LegacyMetricsOptions },
): PrismaMetrics<T, LegacyMembers>
export function prismaMetrics<T extends PrismaTypeMap = PrismaTypeMap>(
  options?: PrismaMetricsOptions,
): PrismaMetrics<T>
export function prismaMetrics(options?: PrismaMetricsOptions): PrismaMetrics {
  const resolved = resolveOptions(options)
  const parts = createParts(resolved, 'Prisma 7')
  const { instruments, instrumentation, errorReporter, models, rows } = parts
  const { transactions, suppression, openTransactions } = parts
  const events = createEvents(resolved, {
    instruments,
    errorReporter,
    transactions,
    suppression,
    openTransactions,
    operationNames,
    provider: () => connected.values().next().value?.provider,
    database: () => databaseAccess(freeAdapter(), models),
  })
  const legacy =
    resolved.legacyMetrics &&
    new LegacyMetrics({
      client: resolved.client,
      registry: resolved.legacyMetrics.expose ? resolved.registry : undefined,
      read: () => ({ operationsInFlight: recorder.inFlight.value, pool: pools.state }),
    })
  const recorder = new OperationRecorder({
    instruments,
    errorReporter,
    maxSeries: resolved.maxSeries,
    observe: events.observe,
    errorCode,
    written(model, operation) {
      const action = rowActionOf(model, operation)
      return action && rows.of(model, action)
    },
    onSettled: legacy && ((seconds) => legacy.operationSettled(seconds)),
  })
  const pools = new PoolMetrics(
    instruments,
    errorReporter,
    legacy && ((seconds) => legacy.connectionAcquired(seconds)),
  )
  const info = new ClientInfo(instruments)
  const operationStatements = new OperationStatements({
    instruments,
    maxSeries: resolved.maxSeries,
  })
  const comments = new Comments(operationStatements, () => info.adapterWrapped)
  let plugin: CommentsPlugin | undefined
  const cacheRequests = new CacheRequests({ instruments, maxSeries: resolved.maxSeries })
  const connected = new Set<SqlDriverAdapter>()
  const factoriesOfClients = new WeakSet<SqlDriverAdapterFactory>()
  // The row source of clients whose factory is not known to be wrapped.
  const unwrapped = { rowsFromOperations: true }

  const hasFreeConnection = (): boolean =>
    // An adapter without a pool has one connection, which an open transaction keeps.
    pools.bound ? pools.available : instruments.transactionsInFlight.with().value === 0

  const freeAdapter = (): SqlDriverAdapter | undefined =>
    hasFreeConnection() ? connected.values().next().value : undefined

  if (resolved.migrations !== false) {
    const source = { ...resolved.migrations, adapter: freeAdapter }
    exposeMigrations(instruments, source, errorReporter)
  }

  const waits = new OperationWaits(instruments, events.scopes.sharedAccount, resolved.maxSeries)
  const statementLayer: StatementLayer = {
    instruments,
    errorReporter,
    models,
    rows,
    suppression,
    scopes: events.scopes,
    comments,
    openings: new TransactionOpenings({
      transactions,
      openTransactions,
      scopes: events.scopes,
      waits,
      suppression,
    }),
    waits: {
      ofStatement: (known) => waits.ofStatement(known),
      waited(waiter, from, until) {
        if (!suppression.active) errorReporter.guard(() => waits.waited(waiter, from, until))
      },
    },
    onTransactionEnd: (outcome) => transactions.transactionEnded(outcome),
    exactUpserts: resolved.exactUpserts,
    decideUnknown: resolved.decideUnknown,
    onStatement: legacy && ((seconds) => legacy.statementSettled(seconds)),
    connected(adapter, factory) {
      connected.add(adapter)
      // A wrapped factory that is not a client's own is inside the factory that the client was given.
      if (!factoriesOfClients.has(factory)) {
        unwrapped.rowsFromOperations = false
        info.fromStatements()
      }
      const { provider } = adapter
      const database = { provider, schema: defaultSchema(adapter) }
      const unbind = pools.bind(adapter.underlyingDriver?.(), database)
      return () => {
        connected.delete(adapter)
        unbind()
      }
    },
  }

  const operationLayer: OperationLayer = {
    recorder,
    transactions: new TransactionCalls(transactions, {
      caller: events.caller,
      failed: transactionErrors(instruments, transactionErrorCode),
    }),
    openTransactions,
    waits,
    expectedWait: () => pools.expectedWait,
    errorReporter,
    suppression,
    scopes: events.scopes,
    statements: operationStatements,
    cacheRequests,
    members: legacy === undefined ? {} : { $metrics: legacy.$metrics },
    extending(client) {
      const tables = modelTables(client)
      models.learn(tables)
      for (const { model } of tables) rows.ofModel(model)
      events.extended(tables.map(({ model }) => model))
      exposeTransactionErrors(instruments, transactionFailures)
      const factory = adapterFactory(client)
      // If Prisma does not expose its adapter, one wrapped adapter is assumed to be the client's.
      const statements = isObject(factory)
        ? isInstrumentedBy(
            '$extends(metrics.extension): the adapter',
            instrumentationsOf(factory),
            instrumentation,
          )
        : info.adapterWrapped
      if (statements && isObject(factory))
        factoriesOfClients.add(factory as SqlDriverAdapterFactory)
      info.extended(client, factory, statements || !unwrapped.rowsFromOperations)
      return statements ? { rowsFromOperations: false } : unwrapped
    },
  }

  const extension = new ClientExtension(operationLayer, instrumentation)
  const dispose = (): void =>
    parts.dispose(() => {
      events.dispose()
      legacy?.dispose()
    })

  return {
    adapter(factory) {
      expectFactory(factory)
      const instrumented = instrumentFactory(factory, statementLayer, instrumentation)
      info.wrapped(instrumented)
      return instrumented
    },
    instrument: (client) => extension.instrument(client),
    behindCache: behindCache(cacheRequests),
    get comments() {
      return (plugin ??= comments.plugin())
    },
    commentsWith: (given) => comments.plugin(given),
    extension: ((client) => extension.extend(client)) as PrismaMetricsExtension,
    dispose,
    [Symbol.dispose]: dispose,
    ...events.metrics,
  }
}
