import {
  isInstrumentedBy,
  instrumentedByKey,
  instrumentationsOf,
} from './database/instrumented-by.ts'
import type { TransactionCaller } from './database/holders/held-transaction.ts'
import { OperationRecorder } from './database/operations/operation-recorder.ts'
import type { TransactionScope } from './database/operations/transaction-scope.ts'
import {
  exposeTransactionErrors,
  type TransactionFailed,
  transactionErrors,
} from './database/operations/transaction-errors.ts'
import { PoolMetrics } from './database/pool/pool-metrics.ts'
import { StatementRecorder } from './database/statements/statement-recorder.ts'
import { type BusinessMetrics, createEvents } from './events/events.ts'
import type { PrismaTypeMap } from './events/handlers/operation-event.ts'
import { createParts } from './instrumentation.ts'
import { type PrismaMetricsOptions, resolveOptions } from './options.ts'
import { ContractSeries } from './prisma-8/contract-series.ts'
import { watchDriver } from './prisma-8/driver-seam.ts'
import { createMiddleware, type PrismaMetricsMiddleware } from './prisma-8/middleware.ts'
import { exposeMigrations, type MigrationsAccess } from './prisma-8/migrations.ts'
import { databaseAccess, poolAccess } from './prisma-8/database-access.ts'
import { errorCode, transactionFailures } from './prisma-8/operations/error-code.ts'
import { instrumentDb } from './prisma-8/operations/instrument.ts'
import { ObservedOperations } from './prisma-8/operations/observed-operations.ts'
import { ContractModels } from './prisma-8/plans/contract-models.ts'
import { JoinedPlans } from './prisma-8/plans/joined-plans.ts'
import { PlanStatements } from './prisma-8/plans/plan-statements.ts'
import type { ConnectionSinks } from './prisma-8/connection-recorder.ts'
import { ExactUpserts } from './prisma-8/postgres/exact-upserts.ts'
import { instrumentConnection, instrumentPool } from './prisma-8/postgres/instrument-pool.ts'
import { pgError } from './prisma-8/postgres/pg-error.ts'
import { isPgClient, isPgPool, type PgPool } from './prisma-8/postgres/pg.ts'
import { instrumentSqliteDriver } from './prisma-8/sqlite/instrument-driver.ts'
import { isSqliteDriver } from './prisma-8/sqlite/sqlite-driver.ts'
import { sqliteError } from './prisma-8/sqlite/sqlite-error.ts'
import { supportedClient } from './prisma-8/supported-client.ts'
import { expectThat, isObject } from './support/validate.ts'

/** Options of {@link prismaMetrics}. */
export type Prisma8MetricsOptions = Omit<PrismaMetricsOptions, 'legacyMetrics' | 'decideUnknown'>

/**
 * One instrumentation: the metrics of one Prisma 8 client. `T` types the events:
 * `TypeMap<PostgresClient<Contract>>`.
 */
export interface PrismaMetrics<T extends PrismaTypeMap = PrismaTypeMap> extends BusinessMetrics<T> {
  /**
   * Instruments a `Pool` of `pg`, or a single `Client`, and returns it: statements, rows, transactions and
   * connections.
   *
   * @throws {TypeError} for another value.
   * @throws {Error} if it is instrumented for another `client` label of the same registry; for the same
   * label it is returned as it is.
   */
  pool<P extends object>(pool: P): P
  /** For `middleware: [metrics.middleware]`: joins statements with the plans that they come from. */
  readonly middleware: PrismaMetricsMiddleware
  /**
   * Returns the client with its operations and transactions observed. A client that was made with `url`
   * gets its pool instrumented, too; instrument it before its first use.
   *
   * @throws {TypeError} for a value other than a client of Prisma 8.
   * @throws {Error} if it is instrumented for another `client` label of the same registry; for the same
   * label it is returned as it is.
   */
  instrument<D extends object>(db: D): D
  /**
   * Removes the instrumentation from its registry: its series, gauges and scopes. Its client continues to
   * work and is not measured any more.
   */
  dispose(): void
  [Symbol.dispose](): void
}

/**
 * Makes one instrumentation. Give each client of a process its own, with its own `client` label.
 *
 * @example
 * ```ts
 * const metrics = prismaMetrics()
 * const db = metrics.instrument(
 *   postgres({
 *     contract,
 *     pg: metrics.pool(new Pool({ connectionString })),
 *     middleware: [metrics.middleware],
 *   }),
 * )
 * ```
 *
 * @throws {TypeError} for an option that is unknown or invalid.
 * @throws {Error} if the registry has a metric of the same name that is not this package's, or that has
 * other labels or buckets, or if a Prisma 7 client of the registry has the label.
 */
export function prismaMetrics<T extends PrismaTypeMap = PrismaTypeMap>(
  options?: Prisma8MetricsOptions,
): PrismaMetrics<T>
export function prismaMetrics(options: Prisma8MetricsOptions = {}): PrismaMetrics {
  expectThat('options', isObject(options), 'an object', options)
  for (const option of ['legacyMetrics', 'decideUnknown'])
    expectThat(option, !(option in options), 'Prisma 7, which alone has the option', 'Prisma 8')
  const resolved = resolveOptions(options)
  const { exactUpserts } = resolved
  const parts = createParts(resolved, 'Prisma 8')
  const { instruments, instrumentation, errorReporter, models, rows } = parts
  const { transactions, suppression, openTransactions } = parts
  const series = new ContractSeries(instruments, rows)
  const events = createEvents(resolved, {
    instruments,
    errorReporter,
    transactions,
    suppression,
    openTransactions,
    provider: () => series.contract?.target,
    database: () => databaseAccess(freePool()),
  })
  const countFailure = transactionErrors(instruments, errorCode)
  const transactionFailed: TransactionFailed = (phase, error) =>
    errorReporter.guard(() => countFailure(phase, error))
  const recorder = new OperationRecorder({
    instruments,
    errorReporter,
    maxSeries: resolved.maxSeries,
    observe: events.observe,
    errorCode,
    written: () => undefined,
    onSettled: undefined,
  })
  const connections = new PoolMetrics(instruments, errorReporter)
  const pools = new Map<PgPool, () => void>()
  const plans = new JoinedPlans()
  let operationsFromPlans = true
  let sqliteAccess: (() => MigrationsAccess | undefined) | undefined

  const contracts = new ContractModels(models, (contract, members) => {
    series.learned(contract, members)
    events.extended(members.map(({ label }) => label))
    exposeTransactionErrors(instruments, transactionFailures)
  })

  const followed = new WeakSet<TransactionScope>()
  const sinksOf = (provider: 'postgres' | 'sqlite', defaultSchema: string): ConnectionSinks => {
    const statementRecorder = new StatementRecorder(
      {
        instruments,
        errorReporter,
        models,
        rows,
        suppression,
        scopes: events.scopes,
        // The connection follows its transactions itself.
        onTransactionEnd() {},
      },
      { provider, transactional: true },
    )
    statementRecorder.statements.useDefaultSchema(defaultSchema)
    return {
      recorder: statementRecorder,
      statements: new PlanStatements(statementRecorder.statements, models, provider),
      errorOf: provider === 'postgres' ? pgError : sqliteError,
      /** In the code of `connection.transaction()`, BEGINs that follow the first are of operations. */
      beginning(previous) {
        const { call } = transactions
        const scope = call === undefined ? transactions.innermost : call.beginning()
        if (scope === undefined) return undefined
        if (call === undefined && scope !== previous && followed.has(scope)) return undefined
        followed.add(scope)
        return scope
      },
      caller: () => ({ account: events.scopes.accountOfStatement() }),
      transactionBegun: (caller: TransactionCaller) =>
        suppression.active ? undefined : openTransactions.begin(caller),
    }
  }
  const poolSinks = {
    errorReporter,
    ...sinksOf('postgres', 'public'),
    watch: {
      errorReporter,
      plans,
      exactUpserts: exactUpserts ? new ExactUpserts() : undefined,
    },
  }

  function instrumentDriver(subject: string, driver: object): void {
    const present = instrumentationsOf(driver)
    if (isInstrumentedBy(subject, present, instrumentation)) return
    const provider = isSqliteDriver(driver) ? 'sqlite' : 'postgres'
    const unbind = connections.bind(driver, { provider, schema: 'public' })
    if (isPgPool(driver)) {
      const unwatch = instrumentPool(driver, poolSinks)
      pools.set(driver, () => {
        unwatch()
        unbind()
      })
    } else if (isPgClient(driver)) instrumentConnection(driver, poolSinks)
    else if (isSqliteDriver(driver)) {
      const sinks = sinksOf('sqlite', 'main')
      const query = instrumentSqliteDriver(driver, { ...sinks, errorReporter, plans })
      // A transaction can keep the file locked, and a reading would block the event loop.
      sqliteAccess = () =>
        driver.state === 'connected' && instruments.transactionsInFlight.with().value === 0
          ? { provider: 'sqlite', query }
          : undefined
    }
    Object.defineProperty(driver, instrumentedByKey, {
      value: [...present, instrumentation],
      configurable: true,
    })
    series.statementsObserved()
  }

  const freePool = (): PgPool | undefined =>
    connections.available ? pools.keys().next().value : undefined

  if (resolved.migrations !== false) {
    const access = (): MigrationsAccess | undefined =>
      sqliteAccess === undefined ? poolAccess(freePool()) : sqliteAccess()
    exposeMigrations(
      instruments,
      { ...resolved.migrations, access, contract: () => series.contract },
      errorReporter,
    )
  }

  const operations = new ObservedOperations({
    recorder,
    errorReporter,
    suppression,
    wantsStacks: events.wantsStacks,
    openTransactions,
  })

  const dispose = (): void =>
    parts.dispose(() => {
      events.dispose()
      for (const unbind of pools.values()) unbind()
      pools.clear()
    })

  return {
    dispose,
    [Symbol.dispose]: dispose,
    pool(pool) {
      const accepted = isPgPool(pool) || isPgClient(pool)
      expectThat('metrics.pool(pool)', accepted, 'a Pool or a Client of pg', pool)
      instrumentDriver('metrics.pool(pool): the pool', pool)
      return pool
    },
    middleware: createMiddleware({
      plans,
      contracts,
      models,
      recorder,
      instruments,
      errorReporter,
      suppression,
      instrumented: () => !operationsFromPlans,
    }),
    instrument(db) {
      const { target, stack } = supportedClient(db, exactUpserts)
      const present = instrumentationsOf(db)
      if (isInstrumentedBy('metrics.instrument(db): the client', present, instrumentation))
        return db
      watchDriver(
        stack,
        ({ pool, client }, driver) => {
          const connected = target === 'sqlite' ? driver : (pool ?? client)
          if (isObject(connected)) instrumentDriver('metrics.instrument(db): its pool', connected)
        },
        errorReporter,
      )
      operationsFromPlans = false
      return instrumentDb(db, {
        operations,
        transactions,
        observer: { caller: events.caller, failed: transactionFailed },
        contracts,
        models,
        added: { [instrumentedByKey]: [...present, instrumentation] },
      })
    },
    ...events.metrics,
  }
}
