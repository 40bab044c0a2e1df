import { AsyncLocalStorage } from 'node:async_hooks'

interface Reading {
  settled: boolean
}

/**
 * Queries that the instrumentation asks for itself, which are not the application's. A `findUnique`
 * that Prisma merges with others of the same tick is counted as what the first of them was.
 */
export class Suppression {
  readonly #storage = new AsyncLocalStorage<Reading>()

  /** True in code that {@link run} has started, until that has settled: what it leaves running is not ours. */
  get active(): boolean {
    return this.#storage.getStore()?.settled === false
  }

  async run<R>(fn: () => Promise<R>): Promise<R> {
    const reading = { settled: false }
    try {
      return await this.#storage.run(reading, fn)
    } finally {
      reading.settled = true
    }
  }
}
