import { AsyncLocalStorage } from 'node:async_hooks'

interface Suppressed {
  settled: boolean
}

/**
 * Marks the instrumentation's own queries, which are not counted as the application's. If Prisma
 * merges `findUnique` calls of one tick, the first call decides for all of them.
 */
export class Suppression {
  readonly #storage = new AsyncLocalStorage<Suppressed>()

  /** Suppresses everything, once the instrumentation is disposed of. */
  always = false

  /** True in code that {@link run} has started, until its promise settles. */
  get active(): boolean {
    return this.always || this.#storage.getStore()?.settled === false
  }

  async run<R>(fn: () => Promise<R>): Promise<R> {
    const suppressed = { settled: false }
    try {
      return await this.#storage.run(suppressed, fn)
    } finally {
      suppressed.settled = true
    }
  }
}
