import type { TransactionCallObserver } from '../../database/operations/transaction-errors.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import { type OperationTransaction, transactionId } from '../internals.ts'

/** A function of unknown signature, such as `$transaction` once an extension has replaced it. */
export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/**
 * Opens a scope for each call of `$transaction`, which is wrapped in the `client` component of the
 * extension (public API), and finds the scope of an operation. Prisma's own record of an operation's
 * transaction wins over the async context: a query of the outer client inside a `$transaction` callback
 * is not part of that transaction.
 */
export class TransactionCalls {
  readonly #scopes: TransactionScopes
  /** The innermost open scope of each interactive transaction, by Prisma's id. */
  readonly #innermost = new Map<string, TransactionScope>()

  readonly #observer: TransactionCallObserver

  constructor(scopes: TransactionScopes, observer: TransactionCallObserver) {
    this.#scopes = scopes
    this.#observer = observer
  }

  /** The scope that commits an operation; undefined if the operation commits by itself. */
  scopeOf(transaction: OperationTransaction | undefined): TransactionScope | undefined {
    if (transaction === undefined) return this.#scopes.current()
    if (transaction.kind === 'none') return undefined
    if (transaction.kind === 'batch') return this.array()
    return this.#innermost.get(transaction.id) ?? this.#scopes.current()
  }

  /** The array that the running code is part of. */
  array(): TransactionScope | undefined {
    return this.#scopes.array()
  }

  /** Returns `$transaction` with a scope around each call. Arguments, `this` and result are unchanged. */
  wrap(original: AnyFunction): AnyFunction {
    const run = this.#run.bind(this)
    const wrapper = alike(original, function (this: unknown, ...args) {
      return run(this, original, args, wrapper)
    })
    return wrapper
  }

  #run(
    client: unknown,
    original: AnyFunction,
    args: readonly unknown[],
    wrapper: AnyFunction,
  ): unknown {
    const outerId = transactionId(client)
    const outer = outerId === undefined ? undefined : this.#innermost.get(outerId)
    const [input, ...rest] = args
    if (typeof input !== 'function')
      return this.#scopes.within(this.#scopes.open('array', outer), () =>
        Reflect.apply(original, client, args),
      )
    const ids = new Map<TransactionScope, string>()
    return this.#scopes.runInteractive(
      outer,
      (attempt) => {
        const innermost = this.#innermost
        const callback = alike(input as AnyFunction, function (this: unknown, ...params) {
          return attempt((scope) => {
            const id = transactionId(params[0])
            if (id !== undefined) {
              ids.set(scope, id)
              innermost.set(id, scope)
            }
            return Reflect.apply(input, this, params)
          })
        })
        return Reflect.apply(original, client, [callback, ...rest])
      },
      {
        caller: this.#observer.caller(wrapper),
        failed: this.#observer.failed,
        ending: (scope) => {
          const id = ids.get(scope)
          if (id === undefined || this.#innermost.get(id) !== scope) return
          if (scope.outer === undefined) this.#innermost.delete(id)
          else this.#innermost.set(id, scope.outer)
        },
      },
    )
  }
}

/** Gives `wrapper` the name and the length of `original`. */
function alike(original: AnyFunction, wrapper: AnyFunction): AnyFunction {
  const { name, length } = original
  return Object.defineProperties(wrapper, { name: { value: name }, length: { value: length } })
}
