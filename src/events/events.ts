import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import type { OperationObserver } from '../database/operations/operation.ts'
import type { TransactionScopes } from '../database/operations/transaction-scopes.ts'
import type { Suppression } from '../database/suppression.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { expectThat } from '../support/validate.ts'
import { attachTracker } from '../metrics/scope-trackers.ts'
import { EventHandlers } from './handlers/event-handlers.ts'
import type { NPlusOneSettings, SlowOperationSettings } from './event-options.ts'
import { type GaugeDefinition, resolveGaugeDefinition } from './gauges/gauge-definition.ts'
import { KnownModels } from './handlers/known-models.ts'
import type {
  EventModel,
  EventOf,
  EventOperation,
  PrismaTypeMap,
} from './handlers/operation-event.ts'
import { OperationWatch } from './operation-watch.ts'
import { QueryGauge } from './gauges/query-gauge.ts'
import { Scopes } from './scopes/scopes.ts'
import { SlowOperations } from './slow-operations.ts'

/** What the application asks of its metrics besides the queries' own. */
export interface BusinessMetrics<T extends PrismaTypeMap = PrismaTypeMap> {
  /**
   * Calls `handler` once for each such operation whose work was committed: at once outside of a
   * transaction, after the outermost commit inside of one, never for what failed or was rolled back.
   * In the order in which they succeeded. The query never waits for it, and never sees it fail: that goes to
   * `onError` and `prisma_event_handler_errors_total`. It is not called for operations that it has run
   * itself.
   *
   * @param model a model, or `'$raw'` for raw operations
   * @param operation one operation (`'create'`, `'$executeRaw'`), or several
   * @returns what takes the handler off again
   * @throws {TypeError} for what is no name or no function, and, once the client is extended, for a model
   * that it does not have; before, `onError` is told when it is.
   */
  on<M extends EventModel<T>, O extends EventOperation<T, M>>(
    model: M,
    operation: O | readonly O[],
    handler: (event: EventOf<T, M, O>) => unknown,
  ): () => void

  /**
   * Calls `fn` once what has been done so far is committed: at once outside of a transaction, after the
   * outermost commit inside of one, never after a rollback. Nothing waits for it, and its failure goes
   * to `onError` and `prisma_event_handler_errors_total{model="$afterCommit"}`.
   *
   * @throws {TypeError} for what is no function.
   */
  afterCommit(fn: () => unknown): void

  /**
   * Registers a gauge whose value is read when somebody scrapes.
   *
   * @returns what takes its series out of the scrape again
   * @throws {TypeError} for a definition that is none.
   * @throws {Error} where the name is taken in the registry.
   */
  gauge<const L extends string = never>(definition: GaugeDefinition<L>): () => void

  /**
   * Runs `fn` as one unit of work (a job, a message): times it, counts the Prisma operations in it and
   * the time spent in them, and looks for repeated ones. Gives what `fn` gives, and rejects with what it
   * rejects with. Keep names few: each is a series.
   *
   * @throws {TypeError} (rejects) for what is no name or no function.
   */
  scope<R>(name: string, fn: () => R): Promise<Awaited<R>>
}

interface EventsOptions {
  readonly client: string
  readonly prefix: string
  readonly registry: MetricRegistry
  readonly maxSeries: number
  readonly nPlusOne: NPlusOneSettings | undefined
  readonly slowOperation: SlowOperationSettings | undefined
}

interface EventsSinks {
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly transactions: TransactionScopes
  readonly suppression: Suppression
}

export interface EventsRoom {
  readonly metrics: BusinessMetrics
  /** Makes what is told of the operations of one model (`$raw` for raw ones) and name. */
  readonly observe: (model: string, operation: string) => OperationObserver
  /** True while somebody may ask for the stack of an operation that the running code calls. */
  readonly wantsStacks: () => boolean
  /** To be told of each client that is extended, and its models. */
  readonly extended: (models: readonly string[]) => void
}

/** Puts the events room of one client together. */
export function createEvents(options: EventsOptions, sinks: EventsSinks): EventsRoom {
  const { client, prefix, registry, maxSeries, nPlusOne, slowOperation } = options
  const { instruments, errorReporter, transactions } = sinks
  const handlers = new EventHandlers(instruments, transactions, errorReporter)
  const scopes = new Scopes(instruments, errorReporter, nPlusOne, maxSeries)
  const models = new KnownModels()
  const parts = { client, handlers, scopes }

  return {
    observe: (model, operation) => {
      const slow =
        slowOperation &&
        new SlowOperations(instruments, errorReporter, slowOperation, model, operation)
      return new OperationWatch(parts, model, operation, slow)
    },
    wantsStacks: () => slowOperation?.onSlow !== undefined || scopes.counting,
    extended(names) {
      // Not before: nothing would be seen of the work that is measured.
      attachTracker(registry, JSON.stringify([prefix, client]), scopes)
      models.learn(names, (error) => errorReporter.tell(error))
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
        return () => gauge.remove()
      },
      scope: (name, fn) => scopes.scope(name, fn),
    },
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
