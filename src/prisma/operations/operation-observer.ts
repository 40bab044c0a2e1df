/** What Prisma calls `query.$allOperations` with, as far as it is used here. */
export interface OperationCall {
  /** Undefined for raw operations. */
  readonly model?: string
  readonly operation: string
  /** Prisma's own copy: the caller may do with his what he likes. */
  readonly args: unknown
}

/**
 * Told of the operations of one model and name, on the query path: what it does for an operation
 * that nobody asks about has to be next to nothing. `Start` is what it wants to know at the end.
 */
export interface OperationObserver<Start = unknown> {
  /** In the caller's async context. */
  started(call: OperationCall): Start
  succeeded(start: Start, call: OperationCall, result: unknown, seconds: number): void
  failed(start: Start, call: OperationCall, seconds: number): void
}
