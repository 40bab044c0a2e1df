import type { OperationNames, OperationObserver } from '../database/operations/operation.ts'
import type { TransactionScopes } from '../database/operations/transaction-scopes.ts'
import type { ScopeAttribution } from '../database/statements/scope-attribution.ts'
import type { TransactionCaller } from '../database/holders/held-transaction.ts'
import type { OpenTransactions } from '../database/holders/open-transactions.ts'
import { CallSite } from '../database/operations/call-site.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import type { Suppression } from '../database/suppression.ts'
import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { attachActivity, type DatabaseAccess, detachActivity } from '../support/activity.ts'
import { attachTracker, detachTracker } from '../metrics/scope-trackers.ts'
import { expectThat } from '../support/validate.ts'
import type {
  FailedOperationSettings,
  NPlusOneSettings,
  SlowOperationSettings,
} from './event-options.ts'
import type { LongTransactionSettings } from './long-transaction-options.ts'
import { FailedOperations } from './failed-operations.ts'
import { type GaugeDefinition, resolveGaugeDefinition } from './gauges/gauge-definition.ts'
import { QueryGauge } from './gauges/query-gauge.ts'
import { EventHandlers } from './handlers/event-handlers.ts'
import { KnownModels } from './handlers/known-models.ts'
import type {
  EventModel,
  EventOf,
  EventOperation,
  PrismaTypeMap,
} from './handlers/operation-event.ts'
import { guardedCallback } from './guarded-callback.ts'
import { LongTransactions } from './long-transactions.ts'
import { describeOpen, type OpenTransaction } from './open-transaction.ts'
import { OperationActivity } from './operation-activity.ts'
import { OperationWatch } from './operation-watch.ts'
import { Scopes } from './scopes/scopes.ts'
import { SlowOperations } from './slow-operations.ts'

/** The application's own metrics. */
export interface BusinessMetrics<T extends PrismaTypeMap = PrismaTypeMap> {
  /**
   * Calls `handler` once for each such operation whose work is committed: immediately outside a
   * transaction, after the outermost commit inside one, never for failed or rolled-back operations.
   * Handlers run in the order in which the operations succeeded. No query waits for a handler or sees its
   * errors, which are reported to `onError` and counted in `prisma_event_handler_errors_total`. A handler
   * is not called for operations that it runs itself.
   *
   * @param model a model, or `'$raw'` for raw operations
   * @param operation one operation (`'create'`, `'$executeRaw'`), or several
   * @returns a function that removes the handler
   * @throws {TypeError} for an unknown operation or a `handler` that is not a function, and, once the
   * client is extended, for an unknown model. An unknown model of an earlier call is reported to
   * `onError` when the client is extended.
   */
  on<M extends EventModel<T>, O extends EventOperation<T, M>>(
    model: M,
    operation: O | readonly O[],
    handler: (event: EventOf<T, M, O>) => unknown,
  ): () => void

  /**
   * Calls `fn` once the work done so far is committed: immediately outside a transaction, after the
   * outermost commit inside one, never after a rollback. Nothing waits for `fn`. Its errors are reported
   * to `onError` and counted in `prisma_event_handler_errors_total{model="$afterCommit"}`.
   *
   * @throws {TypeError} if `fn` is not a function.
   */
  afterCommit(fn: () => unknown): void

  /**
   * Registers a gauge whose value is read at a scrape.
   *
   * @returns a function that removes the gauge from the registry
   * @throws {TypeError} for an invalid definition.
   * @throws {Error} if the name is taken in the registry.
   */
  gauge<const L extends string = never>(definition: GaugeDefinition<L>): () => void

  /**
   * Runs `fn` as one scope (a job, a message): measures its duration, its Prisma operations and their
   * duration, and detects repeated operations. Settles as `fn` does. Use few names: each creates series.
   *
   * @throws {TypeError} (rejects) for an empty name, and for an `fn` that is not a function.
   */
  scope<R>(name: string, fn: () => R): Promise<Awaited<R>>

  /** Returns the transactions that are open now, the oldest first. */
  openTransactions(): OpenTransaction[]
}

interface EventsOptions {
  readonly client: string
  readonly prefix: string
  readonly registry: MetricRegistry
  readonly maxSeries: number
  readonly nPlusOne: NPlusOneSettings | undefined
  readonly slowOperation: SlowOperationSettings | undefined
  readonly failedOperation: FailedOperationSettings | undefined
  readonly longTransaction: LongTransactionSettings | undefined
  readonly eventLoopDelay: boolean
}

interface EventsSinks {
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly transactions: TransactionScopes
  readonly suppression: Suppression
  readonly openTransactions: OpenTransactions
  /** The kind of database; undefined before the client has connected. */
  readonly provider: () => string | undefined
  /** See `ActivitySource`. */
  readonly database: () => Omit<DatabaseAccess, 'fingerprintOf'> | undefined
  /** Undefined accepts every name. */
  readonly operationNames?: OperationNames
}

export interface Events {
  readonly metrics: BusinessMetrics
  /** Creates the observer of the operations of one model (`$raw` for raw operations) and name. */
  readonly observe: (model: string, operation: string) => OperationObserver
  /** Finds the scope of statements. */
  readonly scopes: ScopeAttribution
  /** Returns the running code as the caller of `method`, which opens a transaction. */
  readonly caller: (method: Function) => TransactionCaller
  /** True if the stack of an operation that the running code calls may be read. */
  readonly wantsStacks: () => boolean
  /** Starts measuring scopes of the registry, and adds the models of an extended client. */
  readonly extended: (models: readonly string[]) => void
  /** Removes the gauges, and stops measuring scopes of the registry. */
  readonly dispose: () => void
}

/** Creates the events of one client. */
export function createEvents(options: EventsOptions, sinks: EventsSinks): Events {
  const { client, prefix, registry, maxSeries, nPlusOne, slowOperation, failedOperation } = options
  const { longTransaction, eventLoopDelay } = options
  const { instruments, errorReporter, transactions, operationNames, openTransactions } = sinks
  const handlers = new EventHandlers(instruments, transactions, errorReporter)
  const trackerKey = JSON.stringify([prefix, client])
  const activity = new OperationActivity(client, slowOperation?.seconds, {
    openTransactions,
    provider: sinks.provider,
    database: sinks.database,
  })
  const scopes = new Scopes(
    trackerKey,
    instruments,
    errorReporter,
    nPlusOne,
    maxSeries,
    activity,
    eventLoopDelay,
  )
  const models = new KnownModels()
  const gauges = new Set<QueryGauge>()
  const { onSlow: slowCallback } = slowOperation ?? {}
  const { onFailed: failedCallback } = failedOperation ?? {}
  const onSlow = guardedCallback(instruments, errorReporter, 'onSlow', slowCallback)
  const onFailed = guardedCallback(instruments, errorReporter, 'onFailed', failedCallback)
  const long = longTransaction && new LongTransactions(sinks, longTransaction)

  return {
    observe: (model, operation) => {
      const { slowOperations } = instruments
      const count = (): void => slowOperations.with(model, operation).inc()
      const slow = slowOperation && new SlowOperations(slowOperation, count, onSlow)
      if (slow !== undefined) slowOperations.expose(model, operation)
      const failed = failedOperation && onFailed && new FailedOperations(failedOperation, onFailed)
      return new OperationWatch(
        { client, handlers, scopes, slow, failed, activity },
        model,
        operation,
      )
    },
    scopes,
    caller: (method) => {
      const shown = longTransaction !== undefined || activity.observed
      const site = shown ? errorReporter.guard(() => new CallSite(method)) : undefined
      return { account: scopes.accountOfCaller(), site, resumed: scopes.resumption() }
    },
    wantsStacks: () =>
      onSlow !== undefined || onFailed !== undefined || scopes.counting || activity.observed,
    extended(names) {
      // Not earlier: a tracker that sees no operations would record empty scopes.
      attachTracker(registry, scopes)
      attachActivity(registry, trackerKey, activity)
      models.learn(names, (error) => errorReporter.notify(error))
    },
    dispose() {
      detachTracker(registry, scopes)
      long?.dispose()
      detachActivity(registry, trackerKey, activity)
      for (const gauge of gauges) gauge.remove()
      gauges.clear()
    },
    metrics: {
      on(model, operation, handler) {
        const operations: readonly string[] =
          typeof operation === 'string' ? [operation] : operation
        expectThat('metrics.on(model)', isName(model), 'the name of a model, or $raw', model)
        expectThat(
          'metrics.on(operation)',
          Array.isArray(operations) && operations.length > 0 && operations.every(isName),
          'the name of an operation, or an array of them',
          operation,
        )
        expectThat('metrics.on(handler)', typeof handler === 'function', 'a function', handler)
        models.expect(model)
        const known = operationNames?.[model === rawModel ? 'raw' : 'model']
        for (const name of known === undefined ? [] : operations) {
          const expected = `an operation of ${model} (${known?.join(', ')})`
          expectThat('metrics.on(operation)', known?.includes(name) === true, expected, name)
        }
        return handlers.on(model, operations, handler)
      },
      afterCommit(fn) {
        expectThat('metrics.afterCommit(fn)', typeof fn === 'function', 'a function', fn)
        handlers.afterCommit(fn)
      },
      gauge(definition) {
        const gauge = new QueryGauge(resolveGaugeDefinition(definition), {
          ...sinks,
          registry,
          client,
          maxSeries,
        })
        gauges.add(gauge)
        return () => {
          gauge.remove()
          gauges.delete(gauge)
        }
      },
      scope: (name, fn) => scopes.scope(name, fn),
      openTransactions: () => [...openTransactions].map(describeOpen),
    },
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
