import { type Held, SavepointStack } from '../statements/savepoints.ts'
import type { TransactionControl } from '../sql/transaction-control.ts'

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
