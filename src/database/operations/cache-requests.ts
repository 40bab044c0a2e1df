import { AsyncLocalStorage } from 'node:async_hooks'
import type { Counter } from '../../metrics/counter.ts'
import type { Instruments } from '../../metrics/instruments.ts'

/** A read that a cache may answer. */
interface CacheRequest {
  /** True once the cache has passed the operation on. */
  missed: boolean
}

interface CacheCounters {
  readonly hit: Counter
  readonly miss: Counter
}

/**
 * Counts hits and misses of a cache between the operation layer and the database: a read that does not
 * reach the extension behind the cache is a hit.
 */
export class CacheRequests {
  /** False costs nothing: no client has an extension behind a cache. */
  active = false
  readonly #instruments: Instruments
  readonly #maxSeries: number
  readonly #running = new AsyncLocalStorage<CacheRequest>()
  readonly #counters = new Map<string, CacheCounters>()

  constructor({ instruments, maxSeries }: { instruments: Instruments; maxSeries: number }) {
    this.#instruments = instruments
    this.#maxSeries = maxSeries
  }

  /** Records that the cache has passed on the operation of the running code. */
  missed(): void {
    const request = this.#running.getStore()
    if (request !== undefined) request.missed = true
  }

  /** Runs a read and counts its outcome. A read that fails without reaching the database is not counted. */
  async run<R>(model: string, operation: string, fn: () => PromiseLike<R>): Promise<R> {
    const request: CacheRequest = { missed: false }
    let succeeded = false
    try {
      const result = await this.#running.run(request, async () => await fn())
      succeeded = true
      return result
    } finally {
      if (request.missed) this.#countersOf(model, operation).miss.inc()
      else if (succeeded) this.#countersOf(model, operation).hit.inc()
    }
  }

  #countersOf(model: string, operation: string): CacheCounters {
    const key = `${model} ${operation}`
    let counters = this.#counters.get(key)
    if (counters === undefined) {
      const { cacheRequests } = this.#instruments
      counters = {
        hit: cacheRequests.with(model, operation, 'hit'),
        miss: cacheRequests.with(model, operation, 'miss'),
      }
      if (this.#counters.size < this.#maxSeries) this.#counters.set(key, counters)
    }
    return counters
  }
}
