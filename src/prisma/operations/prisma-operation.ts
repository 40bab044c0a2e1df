import type { ExecutedStatement, OperationCall } from '../../database/operations/operation.ts'
import type { TrackedOperation } from '../../database/operations/operation-statements.ts'
import type { WaitingOperation } from '../../database/operations/operation-waits.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import {
  callerStack,
  isOfArray,
  type OperationTransaction,
  operationTransaction,
} from '../internals.ts'
import type { TransactionCalls } from './transaction-calls.ts'

/** The parameters with which Prisma calls `query.$allOperations`. */
export interface QueryParams {
  /** Undefined for raw operations. */
  readonly model?: string
  readonly operation: string
  readonly args: unknown
  query(args: unknown): Promise<unknown>
}

let started = 0

/** An operation of Prisma 7, whose transaction and stack are read from Prisma's objects here only. */
export class PrismaOperation implements OperationCall {
  readonly model: string | undefined
  readonly operation: string
  readonly args: unknown
  readonly provider: string | undefined
  /** Operations are numbered in the order in which they start. */
  readonly number: number = (started += 1)
  /** Set if its statements are attributed to it. */
  tracked: TrackedOperation | undefined
  /** Undefined unless the operation may wait, or Prisma may send others in its context. */
  waiting: WaitingOperation | undefined
  /** True if waits of the operation's async context are attributed. */
  attributed = false
  readonly #params: QueryParams
  readonly #transactions: TransactionCalls

  constructor(params: QueryParams, transactions: TransactionCalls, provider: string | undefined) {
    this.model = params.model
    this.operation = params.operation
    this.args = params.args
    this.provider = provider
    this.#params = params
    this.#transactions = transactions
  }

  get waitSeconds(): number {
    return this.waiting?.seconds ?? 0
  }

  get inArray(): boolean {
    return isOfArray(this.#params)
  }

  /** The call of `$transaction` with an array that the operation is part of, if it is measured. */
  get array(): TransactionScope | undefined {
    return this.inArray ? this.#transactions.array() : undefined
  }

  get transaction(): TransactionScope | undefined {
    return this.#transactions.scopeOf(this.prismaTransaction)
  }

  /** Prisma's own record of the transaction; undefined if Prisma does not expose it. */
  get prismaTransaction(): OperationTransaction | undefined {
    return operationTransaction(this.#params)
  }

  statements(): readonly ExecutedStatement[] | undefined {
    return this.tracked?.statements
  }

  stack(): string | undefined {
    return callerStack(this.#params)
  }
}
