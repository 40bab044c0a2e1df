import type { CallSite } from '../../database/operations/call-site.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import { isThenable } from '../../metrics/error-reporter.ts'
import { isObject } from '../../support/validate.ts'
import type { ContractModels } from '../plans/contract-models.ts'
import { ChainedCall } from './chained-call.ts'
import type { ObservedOperations } from './observed-operations.ts'
import { observeResult } from './observed-result.ts'

/** A collection of Prisma 8's ORM client, such as `db.orm.public.User.where(…)`. */
interface Collection {
  readonly modelName: string
  readonly namespaceId: string
}

function isCollection(value: unknown): value is Collection {
  if (!isObject(value) || isThenable(value)) return false
  const { modelName, namespaceId } = value as Partial<Collection>
  return typeof modelName === 'string' && typeof namespaceId === 'string'
}

/**
 * Wraps the collections of `db.orm`. A method that returns another collection is part of a query; a method
 * that returns a promise or a lazy result is an operation, by its name.
 */
export class Collections {
  readonly #operations: ObservedOperations
  readonly #models: ContractModels
  readonly #transaction: TransactionScope | undefined
  readonly #wrapped = new WeakMap<object, object>()

  /** @param transaction the transaction that the operations run in; undefined if each commits by itself. */
  constructor(
    operations: ObservedOperations,
    models: ContractModels,
    transaction: TransactionScope | undefined,
  ) {
    this.#operations = operations
    this.#models = models
    this.#transaction = transaction
  }

  /** `db.orm`, or one of its namespaces. */
  wrap(orm: object): object {
    return this.#once(
      orm,
      () =>
        new Proxy(orm, {
          get: (target, key) => {
            const value: unknown = Reflect.get(target, key, target)
            if (isCollection(value)) return this.#once(value, () => this.#collection(value))
            return isObject(value) && typeof key === 'string' ? this.wrap(value) : value
          },
        }),
    )
  }

  #once(original: object, create: () => object): object {
    let wrapped = this.#wrapped.get(original)
    if (wrapped === undefined) this.#wrapped.set(original, (wrapped = create()))
    return wrapped
  }

  #collection(collection: Collection, query?: ChainedCall): object {
    return new Proxy(collection, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function' || key === 'constructor') return value
        return this.#method(target, String(key), value, query)
      },
    })
  }

  #method(
    collection: Collection,
    name: string,
    original: Function,
    query: ChainedCall | undefined,
  ): (...args: unknown[]) => unknown {
    const method = (...args: unknown[]): unknown => {
      const started = performance.now()
      const result: unknown = original.apply(collection, args)
      const chained = new ChainedCall(query, name, args)
      if (isCollection(result)) return this.#collection(result, chained)
      const site = this.#operations.callSite(method)
      const call = (): OperationCall => this.#call(collection, chained, site)
      return observeResult(result, call, started, this.#operations)
    }
    return method
  }

  #call(
    { namespaceId, modelName }: Collection,
    chained: ChainedCall,
    site: CallSite | undefined,
  ): OperationCall {
    return {
      model: this.#models.labelOf(namespaceId, modelName),
      operation: chained.operation,
      args: chained.args,
      inArray: false,
      transaction: this.#transaction,
      fingerprint: () => chained.text,
      stack: () => site?.frames,
    }
  }
}
