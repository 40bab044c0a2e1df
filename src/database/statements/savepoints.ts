/** Content that waits for the outcome of one level of a transaction. */
export interface Held<T> {
  /** Adds the content of the level above. */
  absorb(upper: T): void
}

interface Level<T> {
  /** The savepoint that began this level; undefined for the transaction itself. */
  readonly savepoint: string | undefined
  held: T
  rolledBack: boolean
}

/** How a savepoint ended: the `outcome` label of `prisma_savepoints_total`. */
export type SavepointOutcome = 'released' | 'rolled_back'

/**
 * The levels of an open transaction, which stack as savepoints do in SQL: releasing a savepoint adds
 * its content to the level below; rolling back to it removes its content and that of all later
 * savepoints, and keeps the savepoint itself.
 */
export class SavepointStack<T extends Held<T>> {
  readonly #hold: () => T
  readonly #onEnd: ((outcome: SavepointOutcome) => void) | undefined
  /** The level of the transaction itself is made when it is needed: most transactions have no other. */
  #levels: Level<T>[] = []

  /** @param hold makes the content of a new level; @param onEnd receives how each savepoint ended. */
  constructor(hold: () => T, onEnd?: (outcome: SavepointOutcome) => void) {
    this.#hold = hold
    this.#onEnd = onEnd
  }

  /** The content of the innermost level. */
  get top(): T {
    if (this.#levels.length === 0) this.#push(undefined)
    return (this.#levels.at(-1) as Level<T>).held
  }

  set(savepoint: string): void {
    this.#push(savepoint)
  }

  release(savepoint: string): void {
    for (const level of this.#from(savepoint)) {
      this.top.absorb(level.held)
      this.#end(level)
    }
  }

  /** Returns the contents that are rolled back. */
  rollbackTo(savepoint: string): T[] {
    const [base, ...above] = this.#from(savepoint)
    if (base === undefined) return []
    const removed = [base.held, ...above.map((level) => level.held)]
    for (const level of above) this.#end({ ...level, rolledBack: true })
    this.#levels.push({ savepoint, held: this.#hold(), rolledBack: true })
    return removed
  }

  /** Empties the stack, as a COMMIT or ROLLBACK does, and returns its contents, oldest first. */
  takeAll(rolledBack = false): T[] {
    const levels = this.#levels
    this.#levels = []
    return levels.map((level) => {
      if (level.savepoint !== undefined) this.#end(rolledBack ? { ...level, rolledBack } : level)
      return level.held
    })
  }

  /** Removes and returns the levels from `savepoint` up; an empty list if there is no such savepoint. */
  #from(savepoint: string): Level<T>[] {
    const index = this.#levels.findLastIndex((level) => level.savepoint === savepoint)
    return index < 0 ? [] : this.#levels.splice(index)
  }

  #push(savepoint: string | undefined): void {
    this.#levels.push({ savepoint, held: this.#hold(), rolledBack: false })
  }

  #end(level: Level<T>): void {
    this.#onEnd?.(level.rolledBack ? 'rolled_back' : 'released')
  }
}
