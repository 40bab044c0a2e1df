import { claimLabel, type PrismaVersion } from './database/client-labels.ts'
import { OpenTransactions } from './database/holders/open-transactions.ts'
import type { Instrumentation } from './database/instrumented-by.ts'
import { ModelNames } from './database/model-names.ts'
import { TransactionScopes } from './database/operations/transaction-scopes.ts'
import { RowCounters } from './database/statements/row-counters.ts'
import { Suppression } from './database/suppression.ts'
import { ErrorReporter } from './metrics/error-reporter.ts'
import { exposeEventLoopDelay } from './metrics/event-loop-delay.ts'
import { createInstruments, type Instruments } from './metrics/instruments.ts'
import type { ResolvedOptions } from './options.ts'

/** The parts of an instrumentation that do not depend on the version of Prisma. */
export interface InstrumentationParts {
  readonly instruments: Instruments
  readonly instrumentation: Instrumentation
  readonly errorReporter: ErrorReporter
  readonly models: ModelNames
  readonly rows: RowCounters
  readonly transactions: TransactionScopes
  readonly suppression: Suppression
  readonly openTransactions: OpenTransactions
  /**
   * Removes the instrumentation from its registry.
   *
   * @param stop ends the parts that depend on the version, before the series are removed
   */
  dispose(stop: () => void): void
}

/**
 * Creates the parts in the registry of the options.
 *
 * @throws {Error} if the registry has a metric of the same name that is not this package's, or that has
 * other labels or buckets, or if a client of another Prisma version has the `client` label.
 */
export function createParts(
  options: ResolvedOptions,
  version: PrismaVersion,
): InstrumentationParts {
  const { registry, prefix, client, maxSeries } = options
  const releaseLabel = claimLabel(options, version)
  const { instruments, dispose: disposeInstruments } = createInstruments(options)
  const stopEventLoopDelay = options.eventLoopDelay
    ? exposeEventLoopDelay(registry, prefix)
    : undefined
  const instrumentation: Instrumentation = { registry, prefix, client, disposed: false }
  const errorReporter = new ErrorReporter(instruments.instrumentationErrors.with(), options.onError)
  const suppression = new Suppression()
  return {
    instruments,
    instrumentation,
    errorReporter,
    models: new ModelNames(options.models),
    rows: new RowCounters(instruments, maxSeries),
    transactions: new TransactionScopes(errorReporter),
    suppression,
    openTransactions: new OpenTransactions(instruments),
    dispose(stop) {
      instrumentation.disposed = true
      suppression.always = true
      stop()
      stopEventLoopDelay?.()
      disposeInstruments()
      releaseLabel()
    },
  }
}
