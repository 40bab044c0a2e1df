import { countRows, type RowCounter, type StatementScope } from './row-counters.ts'
import { type Held, type SavepointOutcome, SavepointStack } from './savepoints.ts'
import type { TransactionOutcome } from './transaction-series.ts'

interface Entry {
  readonly counter: RowCounter
  readonly scope: StatementScope | undefined
  rows: number
}

/** The rows of one level, by counter and scope. */
class Rows implements Held<Rows> {
  /** A list: most transactions write few tables, and belong to one scope or to none. */
  readonly #entries: Entry[] = []

  static readonly create = (): Rows => new Rows()

  add(counter: RowCounter, rows: number, scope: StatementScope | undefined): void {
    for (const entry of this.#entries) {
      if (entry.counter !== counter || entry.scope !== scope) continue
      entry.rows += rows
      return
    }
    this.#entries.push({ counter, scope, rows })
  }

  absorb(upper: Rows): void {
    for (const { counter, scope, rows } of upper.#entries) this.add(counter, rows, scope)
  }

  count(outcome: TransactionOutcome): void {
    for (const { counter, scope, rows } of this.#entries) countRows(counter, outcome, rows, scope)
  }
}

/** The rows of one open transaction. They are counted when its outcome is known. */
export class PendingRows {
  readonly #levels: SavepointStack<Rows>
  #outcome: TransactionOutcome | undefined

  constructor(onSavepoint: (outcome: SavepointOutcome) => void) {
    this.#levels = new SavepointStack(Rows.create, onSavepoint)
  }

  get open(): boolean {
    return this.#outcome === undefined
  }

  add(counter: RowCounter, rows: number, scope: StatementScope | undefined): void {
    if (rows === 0) return
    // A statement may settle after the end of its transaction: its rows have the same outcome.
    if (this.#outcome === undefined) this.#levels.top.add(counter, rows, scope)
    else countRows(counter, this.#outcome, rows, scope)
  }

  savepoint(name: string): void {
    this.#levels.set(name)
  }

  release(name: string): void {
    this.#levels.release(name)
  }

  rollbackTo(name: string): void {
    for (const rows of this.#levels.rollbackTo(name)) rows.count('rollback')
  }

  /** Counts all rows so far; rows that follow are pending again. */
  settle(outcome: TransactionOutcome): void {
    this.take(outcome)(outcome)
  }

  /** Removes all rows so far; the returned function counts them, if their outcome is known later. */
  take(outcome: TransactionOutcome): (known: TransactionOutcome) => void {
    const taken = this.#levels.takeAll(outcome === 'rollback')
    return (known) => {
      for (const rows of taken) rows.count(known)
    }
  }

  /** From now on rows are counted as soon as they are added. */
  end(outcome: TransactionOutcome): void {
    this.#outcome = outcome
  }
}
