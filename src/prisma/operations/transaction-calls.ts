import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import { type OperationTransaction, transactionId } from '../internals.ts'

/** `$transaction` in both of its forms. */
export type TransactionMethod = (
  this: unknown,
  input: unknown,
  options?: unknown,
) => Promise<unknown>

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

  constructor(scopes: TransactionScopes) {
    this.#scopes = scopes
  }

  /** The scope that commits an operation; undefined if the operation commits by itself. */
  scopeOf(transaction: OperationTransaction | undefined): TransactionScope | undefined {
    if (transaction === undefined) return this.#scopes.current()
    if (transaction.kind === 'none') return undefined
    if (transaction.kind === 'interactive')
      return this.#innermost.get(transaction.id) ?? this.#scopes.current()
    const { innermost } = this.#scopes
    return innermost?.kind === 'array' ? innermost : undefined
  }

  /** Calls `undo` if Prisma throws from the running `$transaction` call synchronously. */
  ifRefused(undo: () => void): void {
    this.#scopes.innermost?.ifRefused(undo)
  }

  /** Returns `$transaction` with a scope around each call. */
  wrap(original: TransactionMethod): TransactionMethod {
    const open = this.#open.bind(this)
    return function $transaction(this: unknown, input, options) {
      return open(this, original, input, options)
    }
  }

  #open(
    client: unknown,
    original: TransactionMethod,
    input: unknown,
    options: unknown,
  ): Promise<unknown> {
    const outerId = transactionId(client)
    const outer = outerId === undefined ? undefined : this.#innermost.get(outerId)
    if (typeof input !== 'function') {
      const array = this.#scopes.open('array', outer)
      return this.#scopes.within(array, () => original.call(client, input, options))
    }
    const scope = this.#scopes.open('interactive', outer)
    let id: string | undefined
    const callback = (tx: unknown): unknown => {
      id = transactionId(tx)
      if (id !== undefined) this.#innermost.set(id, scope)
      return input(tx)
    }
    const close = (): void => {
      if (id === undefined || this.#innermost.get(id) !== scope) return
      if (scope.outer === undefined) this.#innermost.delete(id)
      else this.#innermost.set(id, scope.outer)
    }
    return this.#scopes.within(scope, () => original.call(client, callback, options), close)
  }
}
