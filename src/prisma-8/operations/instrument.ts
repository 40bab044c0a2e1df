import type { TransactionCallObserver } from '../../database/operations/transaction-errors.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import type { ModelNames } from '../../database/model-names.ts'
import { isThenable } from '../../metrics/error-reporter.ts'
import { isObject } from '../../support/validate.ts'
import type { ContractModels } from '../plans/contract-models.ts'
import type { Contract } from '../plans/plan.ts'
import { Collections } from './collections.ts'
import type { ObservedOperations } from './observed-operations.ts'
import { Runtimes } from './runtimes.ts'

/** The wrapped members of Prisma 8's client, which `postgres(…)` and `sqlite(…)` return. */
interface Members {
  readonly contract: Contract
  readonly orm?: object
  runtime?(): object
  connect?(...args: unknown[]): unknown
  transaction?(fn: (tx: object) => unknown, ...rest: unknown[]): unknown
}

export interface InstrumentSinks {
  readonly operations: ObservedOperations
  readonly transactions: TransactionScopes
  readonly observer: TransactionCallObserver
  readonly contracts: ContractModels
  readonly models: ModelNames
  /** Members that the wrapper has in addition to those of the client. */
  readonly added: Readonly<Record<symbol, unknown>>
}

/** Returns the client with its operations and transactions observed. */
export function instrumentDb<D extends object>(db: D, sinks: InstrumentSinks): D {
  const { operations, transactions, observer, contracts, models, added } = sinks
  const client = db as D & Members
  contracts.learn(client.contract)
  const runtimes = new Runtimes(operations, models, transactions, observer)
  const collections = new Collections(operations, contracts, undefined)

  const replaced: Readonly<Record<string, (value: unknown) => unknown>> = {
    orm: (orm) => (isObject(orm) ? collections.wrap(orm) : orm),
    runtime: (runtime) => () => runtimes.wrap((runtime as () => object).call(db)),
    connect:
      (connect) =>
      (...args: unknown[]) => {
        const connecting: unknown = (connect as (...args: unknown[]) => unknown).apply(db, args)
        if (!isThenable(connecting)) return connecting
        return connecting.then((runtime) => (isObject(runtime) ? runtimes.wrap(runtime) : runtime))
      },
    transaction: (transaction) => {
      const method = (fn: (tx: object) => unknown, ...rest: unknown[]): unknown =>
        begin(transaction as Transaction, fn, rest, method)
      return method
    },
  }

  type Transaction = (fn: (tx: object) => unknown, ...rest: unknown[]) => unknown

  function begin(
    original: Transaction,
    fn: (tx: object) => unknown,
    rest: readonly unknown[],
    method: Function,
  ): unknown {
    if (typeof fn !== 'function') return original.call(db, fn, ...rest)
    return transactions.runInteractive(
      undefined,
      (attempt) => original.call(db, (tx) => attempt((scope) => fn(inside(tx, scope))), ...rest),
      { caller: observer.caller(method), failed: observer.failed },
    )
  }

  /** The context of `db.transaction`, whose operations belong to `scope`. */
  function inside(tx: object, scope: TransactionScope): object {
    const { orm } = tx as Partial<Members>
    const observed = new Collections(operations, contracts, scope)
    return runtimes.inside(tx, scope, orm === undefined ? {} : { orm: observed.wrap(orm) })
  }

  const members = new Map<string, unknown>()
  return new Proxy(db, {
    get(target, key) {
      if (typeof key === 'symbol')
        return Object.hasOwn(added, key) ? added[key] : Reflect.get(target, key, target)
      const replace = Object.hasOwn(replaced, key) ? replaced[key] : undefined
      const value: unknown = Reflect.get(target, key, target)
      if (replace === undefined || value === undefined) return value
      let member = members.get(key)
      if (member === undefined) members.set(key, (member = replace(value)))
      return member
    },
  })
}
