/**
 * Numbers the batch windows of Prisma: the time in which it collects operations that it can merge, from
 * the first call until `process.nextTick`, which runs after all microtasks. Operations start in microtasks.
 */
export class BatchWindows {
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
