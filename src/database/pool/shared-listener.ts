import type { AcquireOutcome, PoolListener } from './pool.ts'

/** Passes the events of a pool to several listeners. */
export class SharedListener implements PoolListener {
  /** Replaced at each change, so a listener may remove itself during an event. */
  #listeners: readonly PoolListener[] = []

  get isEmpty(): boolean {
    return this.#listeners.length === 0
  }

  add(listener: PoolListener): void {
    this.#listeners = [...this.#listeners, listener]
  }

  delete(listener: PoolListener): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener)
  }

  acquired(seconds: number, outcome: AcquireOutcome, connection: unknown): void {
    for (const each of this.#listeners) each.acquired(seconds, outcome, connection)
  }

  timedOut(): void {
    for (const each of this.#listeners) each.timedOut()
  }

  used(seconds: number): void {
    for (const each of this.#listeners) each.used(seconds)
  }

  created(seconds: number, outcome: AcquireOutcome): void {
    for (const each of this.#listeners) each.created(seconds, outcome)
  }

  opened(): void {
    for (const each of this.#listeners) each.opened()
  }

  mayHaveOpened(): void {
    for (const each of this.#listeners) each.mayHaveOpened()
  }

  closed(): void {
    for (const each of this.#listeners) each.closed()
  }

  mayHaveClosed(): void {
    for (const each of this.#listeners) each.mayHaveClosed()
  }

  failed(): void {
    for (const each of this.#listeners) each.failed()
  }
}
