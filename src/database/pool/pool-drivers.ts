export type AcquireOutcome = 'ok' | 'error'

/** What happens in a pool, as it happens. */
export interface PoolListener {
  acquired(seconds: number, outcome: AcquireOutcome): void
  opened(): void
  closed(): void
  /** Connections may have closed that nothing tells of but their number. */
  mayHaveClosed(): void
  failed(): void
}

/** A driver's connection pool, seen through its public side. */
export interface Pool {
  idle(): number
  busy(): number
  /** Undefined where the driver does not tell. */
  max(): number | undefined
  /** Callers waiting for a connection. */
  pending(): number
  /** Connections that are open; none once the pool is told to end, which may take its time. */
  open(): number
  /** Starts reporting to `listener`; returns what stops it. */
  watch(listener: PoolListener): () => void
}

const pools = new WeakMap<object, Pool>()

/**
 * The pool that `underlyingDriver()` of an adapter gave, the same one for the same driver; undefined
 * where it is none that is known.
 */
export function poolOf(driver: unknown): Pool | undefined {
  if (typeof driver !== 'object' || driver === null) return undefined
  const present = pools.get(driver)
  if (present !== undefined) return present
  const known = knownPool(driver)
  if (known === undefined) return undefined
  const pool = { ...known, watch: shared((listener) => known.watch(listener)) }
  pools.set(driver, pool)
  return pool
}

function knownPool(driver: object): Pool | undefined {
  if (isPgPool(driver)) return pgPool(driver)
  if (isMariadbPool(driver)) return mariadbPool(driver)
  if (isMssqlPool(driver)) return mssqlPool(driver)
  return undefined
}

/** One watch for all who listen: of several patches, only the last one could be taken off again. */
function shared(watch: Pool['watch']): Pool['watch'] {
  const listeners = new Set<PoolListener>()
  const all: PoolListener = {
    acquired: (seconds, outcome) => listeners.forEach((each) => each.acquired(seconds, outcome)),
    opened: () => listeners.forEach((each) => each.opened()),
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

interface Emitter {
  on(event: string, listener: (...args: never[]) => void): unknown
  removeListener(event: string, listener: (...args: never[]) => void): unknown
}

function subscribe(emitter: Emitter, listeners: Readonly<Record<string, () => void>>): () => void {
  for (const [event, listener] of Object.entries(listeners)) emitter.on(event, listener)
  return () => {
    for (const [event, listener] of Object.entries(listeners))
      emitter.removeListener(event, listener)
  }
}

/** https://node-postgres.com/apis/pool; Neon's serverless pool is made like it. */
interface PgPool extends Emitter {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  /** True from the call of end() on. */
  readonly ending?: boolean
  readonly options?: { readonly max?: number }
  connect(callback?: AcquireCallback): unknown
}

function isPgPool(driver: object): driver is PgPool {
  return (
    'totalCount' in driver &&
    'idleCount' in driver &&
    'waitingCount' in driver &&
    hasMethods(driver, 'connect', 'on')
  )
}

function pgPool(pool: PgPool): Pool {
  return {
    idle: () => pool.idleCount,
    busy: () => pool.totalCount - pool.idleCount,
    max: () => pool.options?.max,
    pending: () => pool.waitingCount,
    // One that is being opened is among them: nothing public tells it apart. A pool that ends tells
    // of its connections only after its end has been awaited.
    open: () => (pool.ending === true ? 0 : pool.totalCount),
    watch(listener) {
      // Pool.query goes through Pool.connect as well, so this sees every wait.
      const unpatch = timeAcquires(pool, 'connect', 0, listener)
      const unsubscribe = subscribe(pool, {
        connect: () => listener.opened(),
        remove: () => listener.closed(),
        error: () => listener.failed(),
      })
      return () => {
        unpatch()
        unsubscribe()
      }
    },
  }
}

/** https://github.com/mariadb-corporation/mariadb-connector-nodejs: the promise API's pool. */
interface MariadbPool extends Emitter {
  totalConnections(): number
  activeConnections(): number
  idleConnections(): number
  taskQueueSize(): number
  getConnection(): unknown
}

function isMariadbPool(driver: object): driver is MariadbPool {
  return hasMethods(
    driver,
    'totalConnections',
    'activeConnections',
    'idleConnections',
    'taskQueueSize',
    'getConnection',
    'on',
  )
}

function mariadbPool(pool: MariadbPool): Pool {
  return {
    idle: () => pool.idleConnections(),
    busy: () => pool.activeConnections(),
    max: () => undefined,
    pending: () => pool.taskQueueSize(),
    open: () => pool.totalConnections(),
    watch(listener) {
      // Pool.query and Pool.execute take their connection inside the driver, where nothing outside
      // sees it: only the waits of transactions are timed.
      const unpatch = timeAcquires(pool, 'getConnection', 0, listener)
      const unsubscribe = subscribe(pool, {
        // A connection's end has no event; it shows at the next thing that happens.
        acquire: () => listener.mayHaveClosed(),
        connection() {
          listener.opened()
          listener.mayHaveClosed()
        },
        error: () => listener.failed(),
      })
      return () => {
        unpatch()
        unsubscribe()
      }
    },
  }
}

/** https://github.com/tediousjs/node-mssql: a ConnectionPool over a tarn pool. */
interface MssqlPool extends Emitter {
  readonly available: number
  readonly borrowed: number
  readonly pending: number
  readonly config?: { readonly pool?: { readonly max?: number } }
  readonly pool?: Partial<Emitter>
  acquire(requester: unknown, callback?: AcquireCallback): unknown
}

function isMssqlPool(driver: object): driver is MssqlPool {
  return (
    'available' in driver &&
    'borrowed' in driver &&
    'pending' in driver &&
    hasMethods(driver, 'acquire', 'on')
  )
}

function mssqlPool(pool: MssqlPool): Pool {
  return {
    // Once it is closed it has no tarn pool to ask.
    idle: () => (pool.pool ? pool.available : 0),
    busy: () => (pool.pool ? pool.borrowed : 0),
    max: () => pool.config?.pool?.max ?? 10,
    pending: () => (pool.pool ? pool.pending : 0),
    open: () => (pool.pool ? pool.available + pool.borrowed : 0),
    watch(listener) {
      const stop = [
        timeAcquires(pool, 'acquire', 1, listener),
        subscribe(pool, { error: () => listener.failed() }),
      ]
      const tarn = pool.pool
      if (tarn !== undefined && hasMethods(tarn, 'on', 'removeListener')) {
        stop.push(
          subscribe(tarn as Emitter, {
            createSuccess: () => listener.opened(),
            destroySuccess: () => listener.closed(),
          }),
        )
      }
      return () => {
        for (const end of stop) end()
      }
    },
  }
}

type AcquireCallback = (error: unknown, ...rest: unknown[]) => void

/** Puts a clock around a pool's method that takes a callback (at `position`) or returns a promise. */
function timeAcquires<M extends string>(
  pool: Record<M, (...args: never[]) => unknown>,
  method: M,
  position: number,
  listener: PoolListener,
): () => void {
  const original = pool[method] as (...args: unknown[]) => unknown
  let watching = true
  const timed = function (this: unknown, ...args: unknown[]): unknown {
    if (!watching) return original.apply(this, args)
    const started = performance.now()
    const done = (outcome: AcquireOutcome): void => {
      listener.acquired((performance.now() - started) / 1000, outcome)
    }
    const callback = args[position]
    if (typeof callback === 'function') {
      args[position] = function (this: unknown, error: unknown, ...rest: unknown[]): unknown {
        done(error ? 'error' : 'ok')
        return callback.call(this, error, ...rest)
      }
      return original.apply(this, args)
    }
    const acquiring = original.apply(this, args)
    if (acquiring instanceof Promise) void reportSettled(acquiring, done)
    return acquiring
  }
  const target = pool as Record<string, unknown>
  const own = Object.hasOwn(pool, method)
  target[method] = timed
  return () => {
    watching = false
    // Whoever has patched it since keeps the patch; ours is only passing calls on by now.
    if (target[method] !== timed) return
    if (own) target[method] = original
    else delete target[method]
  }
}

async function reportSettled(
  promise: Promise<unknown>,
  report: (outcome: AcquireOutcome) => void,
): Promise<void> {
  try {
    await promise
  } catch {
    report('error')
    return
  }
  report('ok')
}

function hasMethods(object: object, ...names: string[]): boolean {
  return names.every((name) => typeof (object as Record<string, unknown>)[name] === 'function')
}
