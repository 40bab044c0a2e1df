/**
 * Numbers the turns in which Prisma collects what it can merge: from the first call on until
 * `process.nextTick`, which comes when all microtasks have run. Operations start in microtasks.
 */
export class Ticks {
  #number = 0
  #open = false

  current(): number {
    if (!this.#open) {
      this.#open = true
      this.#number += 1
      process.nextTick(this.#close)
    }
    return this.#number
  }

  readonly #close = (): void => {
    this.#open = false
  }
}
