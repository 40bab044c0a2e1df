export type AcquireOutcome = 'ok' | 'error'

/** What happens in a pool, as it happens. */
export interface PoolListener {
  acquired(seconds: number, outcome: AcquireOutcome): void
  opened(): void
  closed(): void
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
  /** Starts reporting to `listener`; returns what stops it. */
  watch(listener: PoolListener): () => void
}

/** The pool that `underlyingDriver()` of an adapter gave; undefined where it is none that is known. */
export function poolOf(driver: unknown): Pool | undefined {
  if (typeof driver !== 'object' || driver === null) return undefined
  if (isPgPool(driver)) return pgPool(driver)
  if (isMariadbPool(driver)) return mariadbPool(driver)
  if (isMssqlPool(driver)) return mssqlPool(driver)
  return undefined
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
    watch(listener) {
      // Pool.query goes through Pool.connect as well, so this sees every wait.
      const unpatch = timeAcquires(pool, 'connect', 0, listener)
      let open = pool.totalCount
      const unsubscribe = subscribe(pool, {
        connect() {
          open += 1
          listener.opened()
        },
        remove() {
          open -= 1
          listener.closed()
        },
        error: () => listener.failed(),
      })
      return () => {
        unpatch()
        unsubscribe()
        // A pool that ends tells of its connections only after its end has been awaited.
        for (; pool.ending === true && open > 0; open--) listener.closed()
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

/** Pools whose first connections are counted. */
const watchedPools = new WeakSet<MariadbPool>()

function mariadbPool(pool: MariadbPool): Pool {
  return {
    idle: () => pool.idleConnections(),
    busy: () => pool.activeConnections(),
    max: () => undefined,
    pending: () => pool.taskQueueSize(),
    watch(listener) {
      // Pool.query and Pool.execute take their connection inside the driver, where nothing outside
      // sees it: only the waits of transactions are timed.
      const unpatch = timeAcquires(pool, 'getConnection', 0, listener)
      let known = pool.totalConnections()
      // The adapter asks its new pool for the server's version before it hands it out.
      if (!watchedPools.has(pool)) for (let open = known; open > 0; open--) listener.opened()
      watchedPools.add(pool)
      // A connection's end has no event; it shows at the next thing that happens.
      const countClosed = (): void => {
        for (; known > pool.totalConnections(); known--) listener.closed()
      }
      const unsubscribe = subscribe(pool, {
        acquire: countClosed,
        connection() {
          known += 1
          countClosed()
          listener.opened()
        },
        error: () => listener.failed(),
      })
      return () => {
        countClosed()
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
