import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type {
  OperationRecorder,
  OperationSeries,
} from '../../database/operations/operation-recorder.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import { rawSql } from '../../database/sql/raw-sql.ts'
import { readTransactionControl } from '../../database/sql/transaction-control.ts'
import type { Suppression } from '../../database/suppression.ts'
import { isObject } from '../../support/validate.ts'
import { abortsTransaction, causingDriverError, endsTransaction } from '../driver-error.ts'
import { isOwned, type Owner, ownersKey, ownersOf } from '../../database/instrumented-by.ts'
import { activeProvider, callerArgs, parentClient } from '../internals.ts'
import { PrismaOperation, type QueryParams } from './prisma-operation.ts'
import type { TransactionCalls, TransactionMethod } from './transaction-calls.ts'
import { rowsOfResult } from './written-rows.ts'

/**
 * What `$extends` takes and gives back, as a structural type: it adds nothing to the client's
 * types but `Members`, so every model, `select` and `tx` keeps its own.
 */
export type PrismaMetricsExtension<Members extends object = {}> = (client: unknown) => {
  $extends: {
    extArgs: {
      result: {}
      model: {}
      query: {}
      // Prisma's form of a client component's members.
      client: { [K in keyof Members]: () => Members[K] }
    }
  }
}

/** What the operation layer records with. */
export interface OperationLayer {
  readonly recorder: OperationRecorder
  readonly transactions: TransactionCalls
  readonly errorReporter: ErrorReporter
  readonly suppression: Suppression
  /** What the extended client has besides what it had. */
  readonly members: object
  /**
   * Told of each client that is extended; answers whether its rows come from its operations, which can
   * change when it connects.
   */
  extending(client: unknown): RowSource
}

export interface RowSource {
  readonly rowsFromOperations: boolean
}

interface ExtensibleClient {
  $extends(extension: unknown): object
  $transaction: TransactionMethod
}

/**
 * @throws {Error} (the extension, when it is applied) where the client feeds another `client` label
 * of the same registry already.
 */
export function createExtension(layer: OperationLayer, owner: Owner): PrismaMetricsExtension {
  const extend = (client: ExtensibleClient): object => {
    const owners = ownersOfClient(client)
    if (isOwned('$extends(metrics.extension): the client', owners, owner)) return client
    const rowSource = layer.extending(client)
    const extended = client.$extends({
      name: 'prisma-prometheus',
      query: {
        $allOperations: observeOperations(layer, activeProvider(client), rowSource),
      },
      client: { ...layer.members, $transaction: layer.transactions.wrap(client.$transaction) },
    })
    return Object.assign(extended, { [ownersKey]: [...owners, owner] })
  }
  return extend as unknown as PrismaMetricsExtension
}

/** The owners of a client, or of the one that it was extended from. */
function ownersOfClient(client: object): readonly Owner[] {
  // A client that was never extended may be its own parent.
  for (
    let at: unknown = client, depth = 0;
    isObject(at) && depth < 100;
    depth++, at = parentClient(at)
  ) {
    const owners = ownersOf(at)
    if (owners.length > 0) return owners
  }
  return []
}

function observeOperations(
  layer: OperationLayer,
  provider: string | undefined,
  rowSource: RowSource,
) {
  const { recorder, transactions, errorReporter, suppression } = layer
  const neverSettles = (): void => recorder.inFlight.dec()

  const succeeded = (
    series: OperationSeries,
    seconds: number,
    observed: unknown,
    result: unknown,
    call: PrismaOperation,
  ): void => {
    if (result === undefined && neverRan(call)) return
    recorder.succeeded(series, seconds, result)
    const { written } = series
    if (written !== undefined && rowSource.rowsFromOperations) {
      const rows = rowsOfResult(series.operation, result)
      const scope = call.transaction
      if (scope === undefined) written.committed.inc(rows)
      else {
        scope.add({
          committed: () => written.committed.inc(rows),
          rolledBack: () => written.rolledBack.inc(rows),
        })
      }
    }
    if (call.model === undefined) {
      followControl(call, call.transaction)
    }
    series.observer.succeeded(observed, call, result, seconds)
  }

  const failed = (
    series: OperationSeries,
    seconds: number,
    observed: unknown,
    error: unknown,
    call: OperationCall,
  ): void => {
    recorder.failed(series, seconds, error)
    const scope = call.transaction
    if (scope !== undefined) {
      const cause = causingDriverError(error)
      if (abortsTransaction(provider, cause)) scope.aborted = true
      if (endsTransaction(provider, cause)) scope.lose()
    }
    series.observer.failed(observed, call, seconds)
  }

  return async function $allOperations(params: QueryParams): Promise<unknown> {
    const args = callerArgs(params)
    if (suppression.active) return params.query(args)
    const call = new PrismaOperation(params, transactions)
    const started = performance.now()
    let series: OperationSeries | undefined
    let observed
    let result
    try {
      recorder.inFlight.inc()
      if (call.inArray) transactions.ifRefused(neverSettles)
      series = recorder.seriesOf(call.model, call.operation)
      observed = series.observer.started(call)
    } catch (error) {
      errorReporter.report(error)
    }
    try {
      result = await params.query(args)
    } catch (error) {
      recorder.inFlight.dec()
      try {
        if (series !== undefined) failed(series, secondsSince(started), observed, error, call)
      } catch (fault) {
        errorReporter.report(fault)
      }
      throw error
    }
    recorder.inFlight.dec()
    try {
      if (series !== undefined) succeeded(series, secondsSince(started), observed, result, call)
    } catch (fault) {
      errorReporter.report(fault)
    }
    return result
  }
}

/**
 * Whether an operation that has settled with undefined is one of those that Prisma has sent in one
 * batch with one that failed before them: those of an array, and those of one tick in an interactive
 * transaction.
 */
function neverRan({ prismaTransaction: transaction }: PrismaOperation): boolean {
  return transaction !== undefined && transaction.kind !== 'none'
}

/** What a program says of the transaction by raw SQL in an interactive one decides about its effects too. */
function followControl(
  { operation, args }: OperationCall,
  scope: TransactionScope | undefined,
): void {
  if (scope?.kind !== 'interactive' || !operation.startsWith('$executeRaw')) return
  const sql = rawSql(args)
  const control = sql === undefined ? undefined : readTransactionControl(sql)
  if (control !== undefined) scope.apply(control)
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000
}
