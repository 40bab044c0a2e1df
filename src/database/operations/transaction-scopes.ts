import { AsyncLocalStorage } from 'node:async_hooks'
import { type ErrorReporter, isThenable } from '../../metrics/error-reporter.ts'
import type { TransactionCaller } from '../holders/held-transaction.ts'
import { InteractiveCall } from './interactive-call.ts'
import type { TransactionFailed } from './transaction-errors.ts'
import { type Effect, TransactionScope } from './transaction-scope.ts'

/** Runs one invocation of an interactive transaction's callback in a scope of its own. */
export type RunAttempt = <R>(fn: (scope: TransactionScope) => R) => R

/** Knows the caller of `$transaction`, and follows the call. */
export interface InteractiveObserver {
  readonly caller: TransactionCaller
  /** Called before the scope of an invocation ends. */
  ending?(scope: TransactionScope): void
  readonly failed: TransactionFailed
}

/** Knows the transaction that the running code belongs to, and runs effects once it has ended. */
export class TransactionScopes {
  readonly #frames = new AsyncLocalStorage<TransactionScope | InteractiveCall | undefined>()
  readonly #errorReporter: ErrorReporter

  constructor(errorReporter: ErrorReporter) {
    this.#errorReporter = errorReporter
  }

  /** The innermost scope around the running code, including that of an array. */
  get innermost(): TransactionScope | undefined {
    const frame = this.#frames.getStore()
    return frame?.kind === 'call' ? undefined : frame
  }

  /** The scope that commits the work of the running code; undefined outside transactions. */
  current(): TransactionScope | undefined {
    return this.#frames.getStore()?.surrounding
  }

  /** The array of `$transaction` that the running code is part of. */
  array(): TransactionScope | undefined {
    const { innermost } = this
    return innermost?.kind === 'array' ? innermost : undefined
  }

  /** Runs `fn` as code outside transactions, such as a handler that follows a commit. */
  outside<R>(fn: () => R): R {
    return this.#frames.getStore() === undefined ? fn() : this.#frames.run(undefined, fn)
  }

  /**
   * Records how the database has ended a transaction of the running `$transaction` call. `refused` means
   * that it answered COMMIT with ROLLBACK.
   */
  transactionEnded(outcome: 'commit' | 'rollback' | 'refused'): void {
    const frame = this.#frames.getStore()
    if (frame?.kind === 'call') frame.transactionEnded(outcome)
    else if (frame !== undefined && outcome === 'refused') frame.aborted = true
  }

  /** The running call of `$transaction`, before and after its callback: it sends BEGIN and COMMIT. */
  get call(): InteractiveCall | undefined {
    const frame = this.#frames.getStore()
    return frame?.kind === 'call' ? frame : undefined
  }

  /** Runs `effect` once its work is committed: immediately outside a transaction. */
  add(effect: Effect, scope: TransactionScope | undefined): void {
    if (scope === undefined) this.#runEffect(effect, 'committed')
    else scope.add(effect)
  }

  /**
   * Runs `start` as the transaction of `scope`, which is committed if the returned promise resolves.
   *
   * @param failed receives the error of a transaction that does not.
   */
  within<R>(scope: TransactionScope, start: () => R, failed?: (error: unknown) => void): R {
    return this.#run(scope, start, (succeeded, error) => {
      scope.end(succeeded)
      if (!succeeded) failed?.(error)
    })
  }

  /**
   * Runs `start`, a call that runs a callback in a transaction, once or several times. Each invocation
   * goes through `attempt`, and its scope ends as its transaction does.
   *
   * @param outer the transaction in which each invocation is a savepoint.
   */
  runInteractive(
    outer: TransactionScope | undefined,
    start: (attempt: RunAttempt) => unknown,
    observer: InteractiveObserver,
  ): unknown {
    const open = (): TransactionScope => {
      const scope = this.open('interactive', outer, () => observer.ending?.(scope))
      return scope
    }
    const failed: TransactionFailed = (phase, error) =>
      this.#errorReporter.guard(() => observer.failed(phase, error))
    const call = new InteractiveCall(outer, open, observer.caller, failed)
    const { resumed } = observer.caller
    const attempt: RunAttempt = (fn) => {
      const begun = call.begin()
      resumed?.()
      return this.#run(
        begun.scope,
        () => fn(begun.scope),
        (succeeded) => call.settled(begun, succeeded),
      )
    }
    return this.#run(
      call,
      () => start(attempt),
      (succeeded, error) => {
        resumed?.()
        call.end(succeeded, error)
      },
    )
  }

  /** Runs `fn` as code of a transaction whose `scope` the caller ends. */
  inside<R>(scope: TransactionScope, fn: () => R): R {
    return this.#frames.run(scope, fn)
  }

  /** Creates the scope of a transaction. */
  open(
    kind: 'array' | 'interactive',
    outer?: TransactionScope,
    onEnd?: () => void,
  ): TransactionScope {
    return new TransactionScope(
      kind,
      outer,
      (effect, outcome) => this.#runEffect(effect, outcome),
      onEnd,
    )
  }

  /** Runs `start` in `frame` and calls `end` once its result has settled. Returns what `start` returns. */
  #run<R>(
    frame: TransactionScope | InteractiveCall,
    start: () => R,
    end: (succeeded: boolean, error?: unknown) => void,
  ): R {
    let returned
    try {
      returned = this.#frames.run(frame, start)
    } catch (error) {
      end(false, error)
      throw error
    }
    if (!isThenable(returned)) {
      end(true)
      return returned
    }
    return this.#followed(frame, returned, end) as R
  }

  /** Returns a promise that settles as `returned` does, after `end`. */
  #followed(
    frame: TransactionScope | InteractiveCall,
    returned: PromiseLike<unknown>,
    end: (succeeded: boolean, error?: unknown) => void,
  ): unknown {
    const then: PromiseLike<unknown>['then'] = (onFulfilled, onRejected) =>
      this.#frames
        .run(frame, () =>
          returned.then(
            (value) => {
              end(true)
              return value
            },
            (error: unknown) => {
              end(false, error)
              throw error
            },
          ),
        )
        .then(onFulfilled, onRejected)
    if (returned instanceof Promise) return then()
    const settled = (): Promise<unknown> =>
      new Promise((resolve, reject) => void then(resolve, reject))
    // Another thenable, such as a Prisma promise, keeps its laziness and its other members.
    return new Proxy(returned, {
      get(target, key) {
        if (key === 'then') return then
        if (key === 'catch')
          return (onRejected: (error: unknown) => unknown) => settled().catch(onRejected)
        if (key === 'finally') return (onFinally: () => void) => settled().finally(onFinally)
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  #runEffect(effect: Effect, outcome: 'committed' | 'rolledBack'): void {
    this.#errorReporter.guard(() => effect[outcome]?.())
  }
}
