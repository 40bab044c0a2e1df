import type { OperationCall } from '../../database/operations/operation.ts'
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

/** An operation of Prisma 7: the only place that reads its transaction and stack from Prisma's objects. */
export class PrismaOperation implements OperationCall {
  readonly model: string | undefined
  readonly operation: string
  readonly args: unknown
  readonly #params: QueryParams
  readonly #transactions: TransactionCalls

  constructor(params: QueryParams, transactions: TransactionCalls) {
    this.model = params.model
    this.operation = params.operation
    this.args = params.args
    this.#params = params
    this.#transactions = transactions
  }

  get inArray(): boolean {
    return isOfArray(this.#params)
  }

  get transaction(): TransactionScope | undefined {
    return this.#transactions.scopeOf(this.prismaTransaction)
  }

  /** Prisma's own record of the transaction; undefined if Prisma does not expose it. */
  get prismaTransaction(): OperationTransaction | undefined {
    return operationTransaction(this.#params)
  }

  stack(): string | undefined {
    return callerStack(this.#params)
  }
}
