import { type BusinessMetrics, createEvents } from './events/events.ts'
import type { PrismaTypeMap } from './events/handlers/operation-event.ts'
import { ErrorReporter } from './metrics/error-reporter.ts'
import { createInstruments } from './metrics/instruments.ts'
import { LegacyMetrics } from './legacy/legacy-metrics.ts'
import type { LegacyMetricsClient } from './legacy/metrics-client.ts'
import { type LegacyMetricsOptions, type PrismaMetricsOptions, resolveOptions } from './options.ts'
import { instrumentFactory, type StatementLayer } from './prisma/adapter.ts'
import { ClientInfo } from './prisma/client-info.ts'
import type { SqlDriverAdapter, SqlDriverAdapterFactory } from './prisma/driver-adapter.ts'
import {
  createExtension,
  type OperationLayer,
  type PrismaMetricsExtension,
} from './prisma/operations/extension.ts'
import { adapterFactory, modelTables } from './prisma/internals.ts'
import { exposeMigrations } from './prisma/migrations/migrations.ts'
import { ModelNames } from './database/model-names.ts'
import { OperationRecorder } from './database/operations/operation-recorder.ts'
import { claimLabel } from './database/client-labels.ts'
import { isOwned, ownersOf } from './database/instrumented-by.ts'
import { PoolMetrics } from './database/pool/pool-metrics.ts'
import { RowCounters } from './database/statements/row-counters.ts'
import { TransactionScopes } from './database/operations/transaction-scopes.ts'
import { errorCode } from './prisma/error-code.ts'
import { TransactionCalls } from './prisma/operations/transaction-calls.ts'
import { rowActionOf } from './prisma/operations/written-rows.ts'
import { isObject } from './support/validate.ts'
import { Suppression } from './database/suppression.ts'
import { codedError } from './support/coded-error.ts'

/**
 * One instrumentation: the metrics of one Prisma client, the two ways it is told of queries, and what
 * an application makes of them. `T` is the client's `Prisma.TypeMap`, and types the events.
 */
export interface PrismaMetrics<
  T extends PrismaTypeMap = PrismaTypeMap,
  Members extends object = {},
> extends BusinessMetrics<T> {
  /**
   * Wraps a driver adapter factory (`new PrismaPg(…)`): the statement layer. Same type out.
   *
   * @throws {Error} where the factory is wrapped by another instrumentation already; wrapping it
   * again by this one returns it as it is.
   */
  adapter<F extends SqlDriverAdapterFactory>(factory: F): F
  /** For `$extends`: the operation layer. A client that has it already is returned as it is. */
  readonly extension: PrismaMetricsExtension<Members>
}

/** What `legacyMetrics` gives the extended client. */
export interface LegacyMembers {
  /** Prisma 6's metrics of this client. */
  readonly $metrics: LegacyMetricsClient
}

/**
 * Makes one instrumentation. Give each client of a process its own, with its own `client` label.
 *
 * @example
 * ```ts
 * const metrics = prismaMetrics()
 * const prisma = new PrismaClient({
 *   adapter: metrics.adapter(new PrismaPg({ connectionString })),
 * }).$extends(metrics.extension)
 * ```
 *
 * @throws {TypeError} for an option that is unknown or of the wrong kind.
 * @throws {Error} where the registry has a metric of the same name that is not this package's, or
 * that has other labels or buckets.
 */
export function prismaMetrics<T extends PrismaTypeMap = PrismaTypeMap>(
  options: PrismaMetricsOptions & { readonly legacyMetrics: true | LegacyMetricsOptions },
): PrismaMetrics<T, LegacyMembers>
export function prismaMetrics<T extends PrismaTypeMap = PrismaTypeMap>(
  options?: PrismaMetricsOptions,
): PrismaMetrics<T>
export function prismaMetrics(options?: PrismaMetricsOptions): PrismaMetrics {
  const resolved = resolveOptions(options)
  claimLabel(resolved, 'Prisma 7')
  const instruments = createInstruments(resolved)
  const errorReporter = new ErrorReporter(
    instruments.instrumentationErrors.with(),
    resolved.onError,
  )
  const models = new ModelNames(resolved.models)
  const rows = new RowCounters(instruments, resolved.maxSeries)
  const transactions = new TransactionScopes(errorReporter)
  const suppression = new Suppression()
  const events = createEvents(resolved, { instruments, errorReporter, transactions, suppression })
  const legacy =
    resolved.legacyMetrics &&
    new LegacyMetrics({
      client: resolved.client,
      registry: resolved.legacyMetrics.expose ? resolved.registry : undefined,
      read: () => ({ operationsInFlight: recorder.inFlight.value, pool: pools.state }),
    })
  const recorder = new OperationRecorder({
    instruments,
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
  const connected = new Set<SqlDriverAdapter>()
  const factoriesOfClients = new WeakSet<SqlDriverAdapterFactory>()
  // Of the clients whose factory is not wrapped, as far as can be seen.
  const unwrapped = { rowsFromOperations: true }

  const hasFreeConnection = (): boolean =>
    // An adapter without a pool has one connection, which an open transaction keeps.
    pools.bound ? pools.available : instruments.transactionsInFlight.with().value === 0

  if (resolved.migrations !== false) {
    const adapter = (): SqlDriverAdapter | undefined =>
      hasFreeConnection() ? connected.values().next().value : undefined
    exposeMigrations(instruments, { ...resolved.migrations, adapter }, errorReporter)
  }

  const statementLayer: StatementLayer = {
    instruments,
    errorReporter,
    models,
    rows,
    suppression,
    onCommitRefused: () => transactions.commitRefused(),
    onStatement: legacy && ((seconds) => legacy.statementSettled(seconds)),
    connected(adapter, factory) {
      connected.add(adapter)
      // A wrapped factory that is no client's own is inside of the one that a client was given.
      if (!factoriesOfClients.has(factory)) {
        unwrapped.rowsFromOperations = false
        info.fromStatements()
      }
      const unbind = pools.bind(adapter.underlyingDriver?.())
      return () => {
        connected.delete(adapter)
        unbind()
      }
    },
  }

  const operationLayer: OperationLayer = {
    recorder,
    transactions: new TransactionCalls(transactions),
    errorReporter,
    suppression,
    members: legacy === undefined ? {} : { $metrics: legacy.$metrics },
    extending(client) {
      const tables = modelTables(client)
      models.learn(tables)
      for (const { model } of tables) rows.ofModel(model)
      events.extended(tables.map(({ model }) => model))
      const factory = adapterFactory(client)
      // Where Prisma does not tell its adapter, having wrapped one has to be enough.
      const statements = isObject(factory)
        ? isOwned('$extends(metrics.extension): the adapter', ownersOf(factory), resolved)
        : info.adapterWrapped
      if (statements && isObject(factory))
        factoriesOfClients.add(factory as SqlDriverAdapterFactory)
      info.extended(client, factory, statements || !unwrapped.rowsFromOperations)
      return statements ? { rowsFromOperations: false } : unwrapped
    },
  }

  return {
    adapter(factory) {
      expectFactory(factory)
      const instrumented = instrumentFactory(factory, statementLayer, resolved)
      info.wrapped(instrumented)
      return instrumented
    },
    extension: createExtension(operationLayer, resolved),
    ...events.metrics,
  }
}

function expectFactory(factory: unknown): void {
  if (
    !isObject(factory) ||
    typeof (factory as Partial<SqlDriverAdapterFactory>).connect !== 'function'
  ) {
    throw codedError(
      'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
      `prisma-prometheus: metrics.adapter(factory): expected a driver adapter factory such as new PrismaPg(…), got ${isObject(factory) ? 'an object without connect()' : String(factory)}`,
    )
  }
}
