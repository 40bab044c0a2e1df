import { processState } from '../../support/process-state.ts'
import { isMariadbPool, mariadbPool } from './mariadb-pool.ts'
import { isMssqlPool, mssqlPool } from './mssql-pool.ts'
import { isPgPool, pgPool } from './pg-pool.ts'
import type { DriverPool, PoolListener } from './pool.ts'
import type { PoolBinding } from './pool-binding.ts'

/** A pool that all instrumentations of the process share. */
export interface Pool extends DriverPool {
  /** By the series that its acquires are recorded in. */
  readonly bindings: WeakMap<object, PoolBinding>
}

// Two copies of this package would patch one pool twice and count it twice.
const pools = processState('pools', 2, () => new WeakMap<object, Pool>())

/** The pool of a driver object, one per object; undefined if it is not a pool that is known. */
export function poolOf(driver: unknown): Pool | undefined {
  if (typeof driver !== 'object' || driver === null) return undefined
  const present = pools.get(driver)
  if (present !== undefined) return present
  const known = knownPool(driver)
  if (known === undefined) return undefined
  const watch = shared((listener) => known.watch(listener))
  const pool: Pool = { ...known, watch, bindings: new WeakMap() }
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
  const listeners = new Set<PoolListener>()
  const all: PoolListener = {
    acquired: (seconds, outcome, connection) =>
      listeners.forEach((each) => each.acquired(seconds, outcome, connection)),
    timedOut: () => listeners.forEach((each) => each.timedOut()),
    used: (seconds) => listeners.forEach((each) => each.used(seconds)),
    created: (seconds, outcome) => listeners.forEach((each) => each.created(seconds, outcome)),
    opened: () => listeners.forEach((each) => each.opened()),
    mayHaveOpened: () => listeners.forEach((each) => each.mayHaveOpened()),
    closed: () => listeners.forEach((each) => each.closed()),
    mayHaveClosed: () => listeners.forEach((each) => each.mayHaveClosed()),
    failed: () => listeners.forEach((each) => each.failed()),
  }
  let unwatch: (() => void) | undefined
  return (listener) => {
    if (listeners.size === 0) unwatch = watch(all)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) unwatch?.()
    }
  }
}
