import type { TransactionScope } from './transaction-scope.ts'

/** Statements of one text that an operation has sent. */
export interface ExecutedStatement {
  readonly sql: string
  readonly count: number
  /** Their time in the driver adapter, added up. */
  readonly seconds: number
  /** Rows that they returned or wrote, added up. */
  readonly rows: number
}

/** One call of a Prisma client, such as `user.create`. */
export interface OperationCall {
  /** Undefined for raw operations. */
  readonly model: string | undefined
  readonly operation: string
  /** The arguments as the client received them. The caller may change its own copy. */
  readonly args: unknown
  /** The provider of the datasource, such as `postgresql`; undefined if unknown. */
  readonly provider?: string | undefined
  /** True if the client sends the operation as part of an array given to `$transaction`. */
  readonly inArray: boolean
  /** The transaction that commits the operation's work; undefined if the operation commits by itself. */
  readonly transaction: TransactionScope | undefined
  /** True if `args` does not contain all values of the call. */
  readonly hidesValues?: boolean
  /** The time that the operation is known to have waited for connections, in seconds. */
  readonly waitSeconds?: number
  /** The structure of the call without its values, if `args` does not contain it. */
  fingerprint?(): string
  /** The statements of the operation so far; undefined unless all of them are known. */
  statements?(): readonly ExecutedStatement[] | undefined
  /** The stack frames of the call, one per line; undefined if the client did not record them. */
  stack(): string | undefined
}

/**
 * Observes the operations of one model and name, on the query path: an operation that nobody observes
 * must cost next to nothing. `Start` is the state that is kept from the start to the end.
 */
export interface OperationObserver<Start = unknown> {
  /** Runs in the caller's async context. */
  started(call: OperationCall): Start
  /** Runs when the operation has settled, or has returned a row: the caller's code continues. */
  resumed(start: Start): void
  /** Returns the error to reject the operation with, which a test can ask for, before it is sent. */
  refusal(start: Start): Error | undefined
  succeeded(start: Start, call: OperationCall, result: unknown, seconds: number): void
  /** @param code the `code` label of the error. */
  failed(start: Start, call: OperationCall, seconds: number, code: string): void
}

/** The operations that a client has, by name. */
export interface OperationNames {
  readonly model: readonly string[]
  readonly raw: readonly string[]
}
