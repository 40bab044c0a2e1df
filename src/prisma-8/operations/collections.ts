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
  /** Methods that return collections, such as `where`: they are not timed. */
  readonly #chaining = new WeakSet<Function>()

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
            if (!isObject(value) || typeof key !== 'string') return value
            return this.#wrapped.get(value) ?? this.#wrapMember(value)
          },
        }),
    )
  }

  #wrapMember(value: object): object {
    if (!isCollection(value)) return this.wrap(value)
    return this.#once(value, () => this.#collection(value))
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
      const chains = this.#chaining.has(original)
      const started = chains ? undefined : performance.now()
      const result: unknown = original.apply(collection, args)
      const chained = new ChainedCall(query, name, args)
      if (isCollection(result)) {
        if (!chains) this.#chaining.add(original)
        return this.#collection(result, chained)
      }
      const site = this.#operations.callSite(method)
      const { namespaceId, modelName } = collection
      const call = (): OperationCall => {
        const model = this.#models.labelOf(namespaceId, modelName)
        return new CollectionCall(model, chained, this.#transaction, site)
      }
      return observeResult(result, call, started ?? performance.now(), this.#operations)
    }
    return method
  }
}

/** One call of a method that runs a query. */
class CollectionCall implements OperationCall {
  readonly model: string
  readonly operation: string
  readonly args: readonly unknown[]
  readonly inArray = false
  readonly hidesValues = true
  readonly transaction: TransactionScope | undefined
  readonly #chained: ChainedCall
  readonly #site: CallSite | undefined

  constructor(
    model: string,
    chained: ChainedCall,
    transaction: TransactionScope | undefined,
    site: CallSite | undefined,
  ) {
    this.model = model
    this.operation = chained.operation
    this.args = chained.args
    this.transaction = transaction
    this.#chained = chained
    this.#site = site
  }

  fingerprint(): string {
    return this.#chained.text
  }

  stack(): string | undefined {
    return this.#site?.frames
  }
}
