/**
 * Numbers the turns of the event loop in which Prisma collects what it can merge: from the first
 * call on, until all microtasks have run and `process.nextTick` comes to what was asked meanwhile.
 */
export class Ticks {
  #number = 0
  #open = false

  current(): number {
    if (!this.#open) {
      this.#open = true
      this.#number += 1
      queueMicrotask(() => {
        process.nextTick(() => {
          this.#open = false
        })
      })
    }
    return this.#number
  }
}
