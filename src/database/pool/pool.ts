export type AcquireOutcome = 'ok' | 'error'

/** Receives the events of a pool. */
export interface PoolListener {
  /** @param connection undefined after an error. */
  acquired(seconds: number, outcome: AcquireOutcome, connection: unknown): void
  /** A caller was refused because no connection was free in time; {@link acquired} is called, too. */
  timedOut(): void
  /** A connection was released after this time. */
  used(seconds: number): void
  /** A connection was opened, or could not be opened, after this time. */
  created(seconds: number, outcome: AcquireOutcome): void
  opened(): void
  /** A connection has opened that {@link DriverPool.open} may have counted before. */
  mayHaveOpened(): void
  closed(): void
  /** Connections may have closed: {@link DriverPool.open} shows how many. */
  mayHaveClosed(): void
  failed(): void
}

/** The server and database of a pool, as far as the driver shows them. */
export interface PoolEndpoint {
  /** A name, an IP address, or the path of a socket. */
  readonly address: string | undefined
  readonly port: number | undefined
  readonly database: string | undefined
}

/** A driver's connection pool, read through its public side. */
export interface DriverPool {
  idle(): number
  busy(): number
  /** The most connections it opens; undefined if the driver does not show it. */
  max(): number | undefined
  /** Callers waiting for a connection. */
  pending(): number
  /** Open connections; 0 from the call of its end on, although closing them takes time. */
  open(): number
  /** True if the driver shows how long it takes to open a connection. */
  readonly showsCreation: boolean
  /** Not there if the driver does not show it. */
  endpoint?(): Partial<PoolEndpoint>
  /** True if a query of the pool requests its connection before it returns. */
  readonly showsWaits: boolean
  /** Starts reporting to `listener`; returns a function that stops it. */
  watch(listener: PoolListener): () => void
}

/** A pool that is watched. */
export interface WatchedPool extends DriverPool {
  /** When a caller last waited although all connections were open, by `performance.now()`. */
  waitedAt: number | undefined
}
