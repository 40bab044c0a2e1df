import { abortsTransaction, causingDriverError, endsTransaction } from '../driver-error.ts'
import type {
  OperationRecorder,
  OperationSeries,
} from '../../database/operations/operation-recorder.ts'
import type { OpenTransactions } from '../../database/holders/open-transactions.ts'
import type { CacheRequests } from '../../database/operations/cache-requests.ts'
import {
  type OperationStatements,
  TrackedOperation,
} from '../../database/operations/operation-statements.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'
import { tagOfOperation } from '../comments/protocol-actions.ts'
import type { OperationWaits } from '../../database/operations/operation-waits.ts'
import type { ExpectedWait } from '../../database/pool/pool-metrics.ts'
import { rawSql } from '../../database/sql/raw-sql.ts'
import { readTransactionControl } from '../../database/sql/transaction-control.ts'
import { countRows } from '../../database/statements/row-counters.ts'
import type { ScopeAttribution } from '../../database/statements/scope-attribution.ts'
import type { Suppression } from '../../database/suppression.ts'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { secondsSince } from '../../support/elapsed.ts'
import { callerArgs } from '../internals.ts'
import { BatchFailures } from './batch-failures.ts'
import { isRead } from './operation-names.ts'
import { PrismaOperation, type QueryParams } from './prisma-operation.ts'
import type { TransactionCalls } from './transaction-calls.ts'
import { rowsOfResult } from './written-rows.ts'

/** The recorders of the operation layer. */
export interface OperationLayer {
  readonly recorder: OperationRecorder
  readonly transactions: TransactionCalls
  readonly errorReporter: ErrorReporter
  readonly suppression: Suppression
  readonly openTransactions: OpenTransactions
  readonly waits: OperationWaits
  /** Whether an operation that starts now may wait for a connection. */
  readonly expectedWait: () => ExpectedWait
  readonly scopes: ScopeAttribution
  readonly statements: OperationStatements
  readonly cacheRequests: CacheRequests
  /** Members that the extended client has in addition. */
  readonly members: object
  /** Called with each client that is extended. */
  extending(client: unknown): RowSource
}

/** The source of a client's row counters, which can change when the client connects. */
export interface RowSource {
  readonly rowsFromOperations: boolean
}

interface Running {
  readonly call: PrismaOperation
  readonly series: OperationSeries
  /** The observer's state. */
  readonly observed: unknown
  /** Removes the operation from those in flight. */
  readonly leave: () => void
}

type AllOperations = (params: QueryParams) => Promise<unknown>

/** Returns the `query.$allOperations` that records the operations of one client. */
export function observeOperations(
  layer: OperationLayer,
  provider: string | undefined,
  rowSource: RowSource,
): AllOperations {
  const { recorder, transactions, errorReporter, suppression, openTransactions, scopes } = layer
  const { statements, cacheRequests } = layer
  const { waits, expectedWait } = layer
  const failures = new BatchFailures()

  const ran = ({ call, series, observed }: Running, seconds: number, result: unknown): void => {
    recorder.succeeded(series, seconds, result)
    const { written } = series
    if (written !== undefined && rowSource.rowsFromOperations) {
      const rows = rowsOfResult(series.operation, result)
      const { transaction } = call
      const scope = scopes.ofCaller()
      const count = (outcome: 'commit' | 'rollback'): void =>
        countRows(written, outcome, rows, scope)
      if (transaction === undefined) count('commit')
      else {
        transaction.add({
          committed: () => count('commit'),
          rolledBack: () => count('rollback'),
        })
      }
    }
    if (call.model === undefined) followControl(call)
    series.observer.succeeded(observed, call, result, seconds)
  }

  const succeeded = (running: Running, seconds: number, result: unknown): void => {
    running.series.observer.resumed(running.observed)
    running.leave()
    if (running.call.waiting !== undefined) waits.settled(running.call.waiting)
    if (result !== undefined) ran(running, seconds, result)
    else {
      failures.ifRan(running.call, () =>
        errorReporter.guard(() => ran(running, seconds, undefined)),
      )
    }
  }

  const failed = (
    { call, series, observed, leave }: Running,
    seconds: number,
    error: unknown,
  ): void => {
    series.observer.resumed(observed)
    leave()
    if (call.waiting !== undefined) waits.settled(call.waiting)
    failures.add(call)
    // Before anything is recorded: effects must not run for rolled-back work if recording fails.
    const scope = call.transaction
    if (scope !== undefined) {
      const cause = causingDriverError(error)
      if (abortsTransaction(provider, cause)) scope.aborted = true
      if (endsTransaction(provider, cause)) scope.lose()
    }
    const code = recorder.failed(series, seconds, error)
    series.observer.failed(observed, call, seconds, code)
  }

  const track = (call: PrismaOperation): TrackedOperation => {
    const { model, operation } = call
    const tag = tagOfOperation(model, operation)
    const tracked = new TrackedOperation(model ?? rawModel, operation, tag, isBatched(call))
    statements.started(tracked)
    return tracked
  }

  /** Operations that Prisma may send in the context of another one are always known. */
  const begunToWait = (
    call: PrismaOperation,
    { model, operation }: OperationSeries,
    expected: ExpectedWait,
  ): void => {
    const { tracked } = call
    const merged = operation.startsWith('findUnique') || call.inArray
    if (!merged && expected !== 'likely' && tracked === undefined) return
    call.waiting = waits.started(model, operation, scopes.accountOfCaller(), isBatched(call))
    call.attributed = expected === 'likely'
    if (tracked !== undefined) tracked.waiting = call.waiting
  }

  const begin = (params: QueryParams): Running => {
    const call = new PrismaOperation(params, transactions, provider)
    if (statements.active) call.tracked = track(call)
    const series = recorder.seriesOf(call.model, call.operation)
    const observed = series.observer.started(call)
    const wait = expectedWait()
    if (wait !== 'hidden') begunToWait(call, series, wait)
    if (openTransactions.size > 0)
      call.transaction?.held?.operationStarted(series.model, series.operation)
    const { inFlight } = recorder
    inFlight.inc()
    const { array, tracked } = call
    const settled = (): void => {
      inFlight.dec()
      if (tracked !== undefined) statements.ended(tracked)
    }
    if (!call.inArray) return { call, series, observed, leave: settled }
    const left = scopes.arrayOperation()
    const abandon = (): void => {
      settled()
      left()
    }
    if (array === undefined) return { call, series, observed, leave: abandon }
    // An operation of an array never settles if another one throws before Prisma sends the array.
    array.started(abandon)
    return { call, series, observed, leave: () => array.settled(abandon) && abandon() }
  }

  const sent = (
    params: QueryParams,
    args: unknown,
    call: PrismaOperation | undefined,
  ): PromiseLike<unknown> => {
    const { model = rawModel, operation } = params
    const { tracked, waiting, attributed = false } = call ?? {}
    const query = (): PromiseLike<unknown> =>
      waiting !== undefined && attributed
        ? waits.run(waiting, () => params.query(args))
        : params.query(args)
    const send = (): PromiseLike<unknown> =>
      tracked === undefined ? query() : statements.run(tracked, query)
    return cacheRequests.active && isRead(operation)
      ? cacheRequests.run(model, operation, send)
      : send()
  }

  return async function $allOperations(params) {
    const args = callerArgs(params)
    if (suppression.active) return params.query(args)
    const started = performance.now()
    const running = errorReporter.guard(() => begin(params))
    const refusal = running?.series.observer.refusal(running.observed)
    if (refusal !== undefined) {
      running?.leave()
      throw refusal
    }
    let result: unknown
    try {
      result = await sent(params, args, running?.call)
    } catch (error) {
      errorReporter.guard(() => running && failed(running, secondsSince(started), error))
      throw error
    }
    errorReporter.guard(() => running && succeeded(running, secondsSince(started), result))
    return result
  }
}

/** Whether Prisma may send an operation together with others, in the async context of the first one. */
function isBatched({ operation, prismaTransaction }: PrismaOperation): boolean {
  return operation.startsWith('findUnique') || prismaTransaction?.kind !== 'none'
}

/** Applies transaction control that the application sends as raw SQL in an interactive transaction. */
function followControl({ operation, args, transaction }: PrismaOperation): void {
  if (transaction?.kind !== 'interactive' || !operation.startsWith('$executeRaw')) return
  const sql = rawSql(args)
  const control = sql === undefined ? undefined : readTransactionControl(sql)
  if (control !== undefined) transaction.apply(control)
}
