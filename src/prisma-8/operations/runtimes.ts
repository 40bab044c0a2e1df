import type { TransactionCallObserver } from '../../database/operations/transaction-errors.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import type { ModelNames } from '../../database/model-names.ts'
import { isThenable } from '../../metrics/error-reporter.ts'
import { isObject } from '../../support/validate.ts'
import type { ObservedOperations } from './observed-operations.ts'
import { observeResult } from './observed-result.ts'
import { isPlan, planCall } from './plan-call.ts'

type Method = (...args: unknown[]) => unknown

/**
 * Wraps the objects that run plans: `db.runtime()`, its connections, their transactions, the context of
 * `db.transaction`. Each execution of a plan or of a prepared statement is an operation.
 */
export class Runtimes {
  readonly #operations: ObservedOperations
  readonly #models: ModelNames
  readonly #transactions: TransactionScopes
  readonly #wrapped = new WeakMap<object, object>()

  readonly #observer: TransactionCallObserver

  constructor(
    operations: ObservedOperations,
    models: ModelNames,
    transactions: TransactionScopes,
    observer: TransactionCallObserver,
  ) {
    this.#operations = operations
    this.#models = models
    this.#transactions = transactions
    this.#observer = observer
  }

  /** The wrapper of a runtime or a connection, one per object. */
  wrap<R extends object>(runtime: R): R {
    let wrapped = this.#wrapped.get(runtime)
    if (wrapped === undefined)
      this.#wrapped.set(runtime, (wrapped = this.inside(runtime, undefined)))
    return wrapped as R
  }

  /**
   * @param transaction the transaction that plans run in; undefined if each commits by itself.
   * @param replaced members that the wrapper has instead of the original's.
   */
  inside<R extends object>(
    runtime: R,
    transaction: TransactionScope | undefined,
    replaced: Readonly<Record<string | symbol, unknown>> = {},
  ): R {
    return new Proxy(runtime, {
      get: (target, key) => {
        if (Object.hasOwn(replaced, key)) return replaced[key]
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function' || key === 'constructor') return value
        const original = value.bind(target) as Method
        if (key === 'connection') return this.#connecting(original)
        if (key === 'transaction' && transaction === undefined) return this.#beginning(original)
        return this.#running(original, transaction)
      },
    })
  }

  #running(original: Method, transaction: TransactionScope | undefined): Method {
    const method = (...args: unknown[]): unknown => {
      const [plan] = args
      if (!isPlan(plan)) return original(...args)
      const started = performance.now()
      const site = this.#operations.callSite(method)
      const call = () => planCall(plan, this.#models, transaction, site)
      return observeResult(original(...args), call, started, this.#operations)
    }
    return method
  }

  #connecting(original: Method): Method {
    return (...args) =>
      after(original(...args), (connection) =>
        isObject(connection) ? this.wrap(connection) : connection,
      )
  }

  /** `transaction()` of a connection: the program calls `commit()` or `rollback()` of its result. */
  #beginning(original: Method): Method {
    const { caller, failed } = this.#observer
    const method: Method = (...args) => {
      const scope = this.#transactions.open('interactive')
      scope.caller = caller(method)
      const begun = this.#transactions.inside(scope, () => original(...args))
      return after(
        begun,
        (transaction) =>
          isObject(transaction)
            ? this.inside(transaction, scope, {
                commit: ending(transaction, 'commit', scope, (error) => failed('commit', error)),
                rollback: ending(transaction, 'rollback', scope),
              })
            : transaction,
        (error) => failed('begin', error),
      )
    }
    return method
  }
}

function ending(
  transaction: object,
  method: 'commit' | 'rollback',
  scope: TransactionScope,
  failed?: (error: unknown) => void,
): Method {
  const original = (Reflect.get(transaction, method) as Method).bind(transaction)
  return (...args) => {
    const ended = original(...args)
    if (!isThenable(ended)) return ended
    return ended.then(
      (result) => {
        scope.caller?.resumed?.()
        scope.end(method === 'commit')
        return result
      },
      (error: unknown) => {
        scope.caller?.resumed?.()
        scope.end(false)
        failed?.(error)
        throw error
      },
    )
  }
}

/** Returns `result` with its value, or the value of its promise, replaced. */
function after(
  result: unknown,
  replace: (value: unknown) => unknown,
  failed?: (error: unknown) => void,
): unknown {
  if (!isThenable(result)) return replace(result)
  if (failed === undefined) return result.then(replace)
  return result.then(replace, (error: unknown) => {
    failed(error)
    throw error
  })
}
