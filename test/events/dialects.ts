/** What can go wrong in the program. */
export type Mishap =
  | 'rollback'
  | 'rollback to a savepoint'
  | 'timeout'
  | 'killed connection'
  | 'deadlock'
  | 'serialization failure'

/** What the program must know of a database, to run on it. */
export interface Dialect {
  /** All that goes wrong on this database: each at least once, and nothing else. */
  readonly mishaps: readonly Mishap[]
  /** False without `RETURNING`: Prisma has no `…AndReturn` operations then. */
  readonly returning: boolean
  /** False if a write beside an open transaction waits for the end of the transaction. */
  readonly writesBeside: boolean
  /** Returns a statement that takes `seconds`. */
  sleep(seconds: number): string
  /** Ends a connection from another one; undefined if that cannot be done, or is not survived. */
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

/** Its driver rejects promises that nobody has when a connection is killed. */
export const mariadb: Dialect = {
  mishaps: ['rollback', 'rollback to a savepoint', 'timeout', 'deadlock', 'serialization failure'],
  returning: false,
  writesBeside: true,
  sleep: (seconds) => `SELECT SLEEP(${seconds})`,
}

/** Its one connection can be neither killed nor fought about, and it cannot sleep. */
export const sqlite: Dialect = {
  mishaps: ['rollback', 'rollback to a savepoint', 'timeout'],
  returning: true,
  writesBeside: false,
  sleep: () => 'SELECT 1',
}
