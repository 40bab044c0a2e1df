import type { Operation } from './operation.ts'

/** What the program has to know of a database, to be run on it. */
export interface Dialect {
  /** Operations of which the result tells the rows written, and that not every database has. */
  readonly plain: readonly Operation[]
  /** Raw writes, and raw failures. */
  readonly raw: readonly Operation[]
  /** The names of operations that take several statements on this database alone. */
  readonly divisible?: RegExp
  /** Keeps its connection busy for some 100 milliseconds. */
  readonly pause: string
  /** Ends the connection that it runs on; undefined where a connection cannot be ended. */
  readonly endOwnConnection: string | undefined
  /** False where the driver may leave a caller without an answer for ever when its pool ends. */
  readonly answersAtDisconnect: boolean
  /** Fails at the server, with nothing else to it. */
  readonly nonsense: string
}
