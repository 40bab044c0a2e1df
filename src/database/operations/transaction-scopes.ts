import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { type Effect, TransactionScope } from './transaction-scope.ts'

/** Knows the transaction that the running code belongs to, and runs effects once it has ended. */
export class TransactionScopes {
  readonly #current = new AsyncLocalStorage<TransactionScope | undefined>()
  readonly #errorReporter: ErrorReporter

  constructor(errorReporter: ErrorReporter) {
    this.#errorReporter = errorReporter
  }

  /** The innermost scope around the running code, that of an array included. */
  get innermost(): TransactionScope | undefined {
    return this.#current.getStore()
  }

  /** The scope that commits the work of the running code; undefined outside of transactions. */
  current(): TransactionScope | undefined {
    return this.innermost?.surrounding
  }

  /** Runs `fn` as code outside of transactions, such as a handler that follows a commit. */
  outside<R>(fn: () => R): R {
    return this.innermost === undefined ? fn() : this.#current.run(undefined, fn)
  }

  /** Marks the running transaction as one whose COMMIT the server has answered with a ROLLBACK. */
  commitRefused(): void {
    const current = this.innermost
    if (current !== undefined) current.aborted = true
  }

  /** Runs `effect` once its work is committed: at once outside of a transaction. */
  add(effect: Effect, scope: TransactionScope | undefined): void {
    if (scope === undefined) this.#run(effect, 'committed')
    else scope.add(effect)
  }

  /** @param outer the transaction whose savepoint the new one is. */
  open(kind: 'array' | 'interactive', outer?: TransactionScope): TransactionScope {
    return new TransactionScope(kind, outer, (effect, outcome) => this.#run(effect, outcome))
  }

  /** Runs `fn` as code of `scope`, which somebody else ends. */
  inside<R>(scope: TransactionScope, fn: () => R): R {
    return this.#current.run(scope, fn)
  }

  /**
   * Runs `start` as the transaction of `scope`, which is committed when the promise resolves and rolled
   * back when it rejects.
   *
   * @param close runs before the scope ends.
   */
  within<R>(
    scope: TransactionScope,
    start: () => Promise<R>,
    close: () => void = () => {},
  ): Promise<R> {
    const end = (succeeded: boolean): void => {
      close()
      scope.end(succeeded)
    }
    let running
    try {
      running = this.#current.run(scope, start)
    } catch (error) {
      scope.refuse()
      end(false)
      throw error
    }
    return running.then(
      (result) => {
        end(true)
        return result
      },
      (error: unknown) => {
        end(false)
        throw error
      },
    )
  }

  #run(effect: Effect, outcome: 'committed' | 'rolledBack'): void {
    try {
      effect[outcome]?.()
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }
}
