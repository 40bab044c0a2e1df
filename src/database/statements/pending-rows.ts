import type { RowCounter } from './row-counters.ts'
import { type Held, type SavepointOutcome, SavepointStack } from './savepoints.ts'
import type { TransactionOutcome } from './transaction-series.ts'

class Rows implements Held<Rows> {
  readonly #rows = new Map<RowCounter, number>()

  add(counter: RowCounter, rows: number): void {
    this.#rows.set(counter, (this.#rows.get(counter) ?? 0) + rows)
  }

  absorb(upper: Rows): void {
    for (const [counter, rows] of upper.#rows) this.add(counter, rows)
  }

  book(outcome: TransactionOutcome): void {
    for (const [counter, rows] of this.#rows) {
      ;(outcome === 'commit' ? counter.committed : counter.rolledBack).inc(rows)
    }
  }
}

/** The rows of one transaction, held back until it is known whether they stay. */
export class PendingRows {
  readonly #levels: SavepointStack<Rows>
  #outcome: TransactionOutcome | undefined

  constructor(onSavepoint: (outcome: SavepointOutcome) => void) {
    this.#levels = new SavepointStack(() => new Rows(), onSavepoint)
  }

  get open(): boolean {
    return this.#outcome === undefined
  }

  add(counter: RowCounter, rows: number): void {
    if (rows === 0) return
    // A statement may settle after the end of its transaction; its rows share that transaction's fate.
    if (this.#outcome === undefined) this.#levels.top.add(counter, rows)
    else (this.#outcome === 'commit' ? counter.committed : counter.rolledBack).inc(rows)
  }

  savepoint(name: string): void {
    this.#levels.set(name)
  }

  release(name: string): void {
    this.#levels.release(name)
  }

  rollbackTo(name: string): void {
    for (const rows of this.#levels.rollbackTo(name)) rows.book('rollback')
  }

  /** Decides all rows so far and goes on: what a COMMIT or ROLLBACK does to them. */
  settle(outcome: TransactionOutcome): void {
    for (const rows of this.#levels.takeAll(outcome === 'rollback')) rows.book(outcome)
  }

  /** The transaction is over. */
  end(outcome: TransactionOutcome): void {
    this.settle(outcome)
    this.#outcome = outcome
  }
}
