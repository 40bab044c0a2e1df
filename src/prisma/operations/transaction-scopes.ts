import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { transactionId, type OperationTransaction } from '../internals.ts'
import { type Held, SavepointStack } from '../../database/statements/savepoints.ts'
import type { TransactionControl } from '../../database/sql/transaction-control.ts'

/** What is to happen once the work it belongs to is committed, or undone. */
export interface Effect {
  committed(): void
  rolledBack?(): void
}

class Effects implements Held<Effects> {
  readonly list: Effect[] = []

  absorb(upper: Effects): void {
    for (const effect of upper.list) this.list.push(effect)
  }
}

/** One `$transaction` call of the operation layer, and the effects that wait for its end. */
export class TransactionScope {
  readonly kind: 'array' | 'interactive'
  /** The scope whose savepoint this one is; undefined for a transaction of its own. */
  readonly outer: TransactionScope | undefined
  /**
   * The scope that decides about the running code. An array is a transaction of its own even when an
   * interactive transaction's client is asked for it, but that client's operations in it stay in theirs.
   */
  readonly surrounding: TransactionScope
  readonly #levels = new SavepointStack(() => new Effects())
  readonly #run: (effect: Effect, outcome: 'committed' | 'rolledBack') => void
  #outcome: 'committed' | 'rolledBack' | undefined
  /** True after the server refused a statement: Postgres answers a COMMIT with a ROLLBACK then. */
  aborted = false
  /** True after the server has ended the transaction beneath: what still comes commits at once. */
  #autocommits: boolean
  /** To be called where Prisma refuses the call; undefined once it has. */
  #ifRefused: (() => void)[] | undefined = []

  constructor(
    kind: 'array' | 'interactive',
    outer: TransactionScope | undefined,
    run: (effect: Effect, outcome: 'committed' | 'rolledBack') => void,
  ) {
    this.kind = kind
    this.outer = kind === 'interactive' ? outer : undefined
    this.surrounding = kind === 'interactive' ? this : (outer ?? this)
    this.#run = run
    this.#autocommits = this.outer !== undefined && this.outer.#autocommits
  }

  add(effect: Effect): void {
    if (this.#autocommits) this.#run(effect, 'committed')
    else if (this.#outcome === undefined) this.#levels.top.list.push(effect)
    // Work that outlives its scope shares the scope's fate, which may still hang on an outer one.
    else if (this.#outcome === 'committed' && this.outer !== undefined) this.outer.add(effect)
    else this.#run(effect, this.#outcome)
  }

  /** Follows what the program says of the transaction by SQL of its own. */
  apply(statement: TransactionControl): void {
    switch (statement.control) {
      case 'savepoint':
        return this.#levels.set(statement.savepoint)
      case 'release':
        return this.#levels.release(statement.savepoint)
      case 'rollback to':
        this.aborted = false
        for (const { list } of this.#levels.rollbackTo(statement.savepoint))
          this.#end(list, 'rolledBack')
        return undefined
      case 'begin':
        return this.#autocommit(false)
      default:
        this.#settle(statement.control === 'commit' && !this.aborted ? 'committed' : 'rolledBack')
        return this.#autocommit(!statement.chain)
    }
  }

  /** Has `undo` called where Prisma refuses the call: operations that it has begun by then never settle. */
  ifRefused(undo: () => void): void {
    if (this.#ifRefused === undefined) undo()
    else this.#ifRefused.push(undo)
  }

  refuse(): void {
    for (const undo of this.#ifRefused ?? []) undo()
    this.#ifRefused = undefined
  }

  /** To be called where the server has rolled the whole transaction back by itself. */
  lose(): void {
    this.#settle('rolledBack')
    this.#autocommit(true)
  }

  #settle(outcome: 'committed' | 'rolledBack'): void {
    if (this.outer !== undefined) this.outer.#settle(outcome)
    this.aborted = false
    for (const { list } of this.#levels.takeAll(outcome === 'rolledBack')) this.#end(list, outcome)
  }

  #autocommit(on: boolean): void {
    if (this.outer !== undefined) this.outer.#autocommit(on)
    this.#autocommits = on
  }

  end(succeeded: boolean): void {
    const outcome = succeeded && !this.aborted ? 'committed' : 'rolledBack'
    this.#outcome = outcome
    for (const { list } of this.#levels.takeAll(outcome === 'rolledBack')) {
      if (outcome === 'committed' && this.outer !== undefined)
        for (const effect of list) this.outer.add(effect)
      else this.#end(list, outcome)
    }
  }

  #end(effects: readonly Effect[], outcome: 'committed' | 'rolledBack'): void {
    for (const effect of effects) this.#run(effect, outcome)
  }
}

/** `$transaction` in both of its forms. */
export type TransactionMethod = (
  this: unknown,
  input: unknown,
  options?: unknown,
) => Promise<unknown>

/**
 * Tells the operation layer which of its work is committed. Public API only: `$transaction` is
 * wrapped in the `client` component of the extension, and an AsyncLocalStorage tells which call of
 * it an operation runs in. Where Prisma tells the transaction of an operation itself, its word is
 * taken: a query of the outer client inside of a `$transaction` callback is not part of it.
 */
export class TransactionScopes {
  readonly #current = new AsyncLocalStorage<TransactionScope | undefined>()
  readonly #innermost = new Map<string, TransactionScope>()
  readonly #errorReporter: ErrorReporter

  constructor(errorReporter: ErrorReporter) {
    this.#errorReporter = errorReporter
  }

  /** The scope of the running code: undefined outside of transactions. */
  current(): TransactionScope | undefined {
    return this.#current.getStore()?.surrounding
  }

  /** Runs `fn` as code outside of transactions: what follows on a commit is not part of it. */
  outside<R>(fn: () => R): R {
    return this.#current.getStore() === undefined ? fn() : this.#current.run(undefined, fn)
  }

  /** The scope that decides about an operation: undefined where it commits by itself. */
  of(transaction: OperationTransaction | undefined): TransactionScope | undefined {
    if (transaction === undefined) return this.current()
    if (transaction.kind === 'none') return undefined
    if (transaction.kind === 'interactive')
      return this.#innermost.get(transaction.id) ?? this.current()
    const current = this.#current.getStore()
    return current?.kind === 'array' ? current : undefined
  }

  /** To be called where the server has answered the COMMIT of the running transaction with a ROLLBACK. */
  commitRefused(): void {
    const current = this.#current.getStore()
    if (current !== undefined) current.aborted = true
  }

  /** Has `undo` called where Prisma refuses the running call of `$transaction`. */
  ifRefused(undo: () => void): void {
    this.#current.getStore()?.ifRefused(undo)
  }

  /** Runs `effect` once its work is committed: at once outside of a transaction. */
  add(effect: Effect, scope: TransactionScope | undefined): void {
    if (scope === undefined) this.#run(effect, 'committed')
    else scope.add(effect)
  }

  /** `$transaction` as it was, with a scope around it. */
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
      const array = this.#scope('array', outer)
      return this.#within(array, () => original.call(client, input, options))
    }
    const scope = this.#scope('interactive', outer)
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
    return this.#within(scope, () => original.call(client, callback, options), close)
  }

  #scope(kind: 'array' | 'interactive', outer: TransactionScope | undefined): TransactionScope {
    return new TransactionScope(kind, outer, (effect, outcome) => this.#run(effect, outcome))
  }

  #within(
    scope: TransactionScope,
    start: () => Promise<unknown>,
    close: () => void = () => {},
  ): Promise<unknown> {
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
