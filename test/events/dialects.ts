/** A kind of failure that the program provokes. */
export type Mishap =
  | 'rollback'
  | 'rollback to a savepoint'
  | 'timeout'
  | 'killed connection'
  | 'deadlock'
  | 'serialization failure'

/** The properties of a database on which the program depends. */
export interface Dialect {
  /** The failures of this database: each occurs at least once, and no other occurs. */
  readonly mishaps: readonly Mishap[]
  /** False without `RETURNING`: Prisma has no `…AndReturn` operations then. */
  readonly returning: boolean
  /** False if a write beside an open transaction waits for the end of the transaction. */
  readonly writesBeside: boolean
  /** Returns a statement that takes `seconds`, or no time if the database cannot sleep. */
  sleep(seconds: number): string
  /** Ends a connection from another one; undefined if the program kills no connections. */
  readonly kill?: {
    readonly ownId: string
    end(id: number): string
  }
}

export const postgres: Dialect = {
  mishaps: [
    'rollback',
    'rollback to a savepoint',
    'timeout',
    'killed connection',
    'deadlock',
    'serialization failure',
  ],
  returning: true,
  writesBeside: true,
  sleep: (seconds) => `SELECT pg_sleep(${seconds})::text`,
  kill: {
    ownId: 'SELECT pg_backend_pid() AS id',
    end: (id) => `SELECT pg_terminate_backend(${id})`,
  },
}

/** Not killed: its driver then sometimes rejects a promise that nothing handles. */
export const mariadb: Dialect = {
  mishaps: ['rollback', 'rollback to a savepoint', 'timeout', 'deadlock', 'serialization failure'],
  returning: false,
  writesBeside: true,
  sleep: (seconds) => `SELECT SLEEP(${seconds})`,
}

/** Not killed, and without conflicts: it runs in this process, one transaction at a time. */
export const sqlite: Dialect = {
  mishaps: ['rollback', 'rollback to a savepoint', 'timeout'],
  returning: true,
  writesBeside: false,
  sleep: () => 'SELECT 1',
}
