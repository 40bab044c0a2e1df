import type { HeldTransaction, TransactionCaller } from '../holders/held-transaction.ts'
import { type Held, SavepointStack } from '../statements/savepoints.ts'
import type { TransactionControl } from '../sql/transaction-control.ts'

/** Work that follows the end of a transaction. */
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

/** One transaction of the operation layer, and the effects that wait for its end. */
export class TransactionScope {
  readonly kind: 'array' | 'interactive'
  /** The scope in which this one is a savepoint; undefined for a transaction of its own. */
  readonly outer: TransactionScope | undefined
  /**
   * The scope that commits the work of the running code. An array is a transaction of its own even inside
   * an interactive transaction, whose operations in the array still belong to the interactive one.
   */
  readonly surrounding: TransactionScope
  readonly #levels = new SavepointStack(() => new Effects())
  readonly #run: (effect: Effect, outcome: 'committed' | 'rolledBack') => void
  #outcome: 'committed' | 'rolledBack' | undefined
  /** The code that opened the transaction, if it is known before BEGIN is sent. */
  caller: TransactionCaller | undefined
  /** The transaction on its connection, if the statement layer knows it. */
  held: HeldTransaction | undefined
  /** True if the transaction was rolled back while its callback was running. */
  timedOut = false
  /** True after the server refused a statement: Postgres then answers COMMIT with ROLLBACK. */
  aborted = false
  /** True after the server has ended the transaction: further work commits immediately. */
  #autocommits: boolean
  /** Operations that have not settled, by the function that abandons each. */
  readonly #pending = new Set<() => void>()
  readonly #onEnd: () => void

  constructor(
    kind: 'array' | 'interactive',
    outer: TransactionScope | undefined,
    run: (effect: Effect, outcome: 'committed' | 'rolledBack') => void,
    onEnd: () => void = () => {},
  ) {
    this.kind = kind
    this.outer = kind === 'interactive' ? outer : undefined
    this.surrounding = kind === 'interactive' ? this : (outer ?? this)
    this.#run = run
    this.#onEnd = onEnd
    this.held = outer?.held
    this.#autocommits = this.outer !== undefined && this.outer.#autocommits
  }

  add(effect: Effect): void {
    if (this.#autocommits) this.#run(effect, 'committed')
    else if (this.#outcome === undefined) this.#levels.top.list.push(effect)
    // Work that outlives its scope shares the scope's outcome, which may still depend on an outer one.
    else if (this.#outcome === 'committed' && this.outer !== undefined) this.outer.add(effect)
    else this.#run(effect, this.#outcome)
  }

  /** Applies transaction control that the application sent as SQL. */
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
        return this.#outcome === undefined ? this.#autocommit(false) : undefined
      default:
        this.#settle(statement.control === 'commit' && !this.aborted ? 'committed' : 'rolledBack')
        return this.#autocommit(!statement.chain)
    }
  }

  /** Calls `abandon` when the scope ends, unless {@link settled} is called first. */
  started(abandon: () => void): void {
    if (this.#outcome === undefined) this.#pending.add(abandon)
    else abandon()
  }

  /** Returns false if the operation has been abandoned. */
  settled(abandon: () => void): boolean {
    return this.#pending.delete(abandon)
  }

  /** Records that the server has rolled back the whole transaction by itself. */
  lose(): void {
    this.#settle('rolledBack')
    this.#autocommit(true)
  }

  #settle(outcome: 'committed' | 'rolledBack'): void {
    if (this.outer !== undefined) this.outer.#settle(outcome)
    this.aborted = false
    for (const { list } of this.#levels.takeAll()) this.#end(list, outcome)
  }

  #autocommit(on: boolean): void {
    if (this.outer !== undefined) this.outer.#autocommit(on)
    this.#autocommits = on
  }

  end(succeeded: boolean): void {
    if (this.#outcome !== undefined) return
    this.#onEnd()
    const outcome = succeeded && !this.aborted ? 'committed' : 'rolledBack'
    this.#outcome = outcome
    for (const abandon of this.#pending) abandon()
    this.#pending.clear()
    for (const { list } of this.#levels.takeAll()) {
      if (outcome === 'committed' && this.outer !== undefined)
        for (const effect of list) this.outer.add(effect)
      else this.#end(list, outcome)
    }
  }

  #end(effects: readonly Effect[], outcome: 'committed' | 'rolledBack'): void {
    for (const effect of effects) this.#run(effect, outcome)
  }
}
