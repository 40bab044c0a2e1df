import { processState } from '../../support/process-state.ts'
import { isMariadbPool, mariadbPool } from './mariadb-pool.ts'
import { isMssqlPool, mssqlPool } from './mssql-pool.ts'
import { isPgPool, pgPool } from './pg-pool.ts'
import type { DriverPool, WatchedPool } from './pool.ts'
import type { PoolBinding } from './pool-binding.ts'
import { SharedListener } from './shared-listener.ts'

/** A pool that all instrumentations of the process share. */
export interface Pool extends WatchedPool {
  /** By the series that its acquires are recorded in. */
  readonly bindings: WeakMap<object, PoolBinding>
}

// Two copies of this package would patch one pool twice and count it twice.
const pools = processState('pools', 3, () => new WeakMap<object, Pool>())

/** The pool of a driver object, one per object; undefined if it is not a pool that is known. */
export function poolOf(driver: unknown): Pool | undefined {
  if (typeof driver !== 'object' || driver === null) return undefined
  const present = pools.get(driver)
  if (present !== undefined) return present
  const known = knownPool(driver)
  if (known === undefined) return undefined
  const watch = shared((listener) => known.watch(listener))
  const pool: Pool = { ...known, watch, bindings: new WeakMap(), waitedAt: undefined }
  pools.set(driver, pool)
  return pool
}

function knownPool(driver: object): DriverPool | undefined {
  if (isPgPool(driver)) return pgPool(driver)
  if (isMariadbPool(driver)) return mariadbPool(driver)
  if (isMssqlPool(driver)) return mssqlPool(driver)
  return undefined
}

/** One watch for all listeners: of several patches, only the last one could be removed again. */
function shared(watch: DriverPool['watch']): DriverPool['watch'] {
  const all = new SharedListener()
  let unwatch: (() => void) | undefined
  return (listener) => {
    if (all.isEmpty) unwatch = watch(all)
    all.add(listener)
    return () => {
      all.delete(listener)
      if (all.isEmpty) unwatch?.()
    }
  }
}
