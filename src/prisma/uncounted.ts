import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Queries that the instrumentation asks for itself, which are not the application's. A `findUnique`
 * that Prisma merges with others of the same tick is counted as what the first of them was.
 */
export class Uncounted {
  readonly #storage = new AsyncLocalStorage<true>()

  /** True in code that {@link run} has started. */
  get active(): boolean {
    return this.#storage.getStore() !== undefined
  }

  run<R>(fn: () => R): R {
    return this.#storage.run(true, fn)
  }
}
