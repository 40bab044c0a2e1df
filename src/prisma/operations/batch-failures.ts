import type { PrismaOperation } from './prisma-operation.ts'

/**
 * Finds operations that never ran. Prisma sends the operations of an array, and those of one tick in an
 * interactive transaction, as one batch. After one of them has failed, later ones settle with `undefined`
 * without running. An operation that did run also settles with `undefined` if an extension forgets to
 * return its result.
 */
export class BatchFailures {
  /** The first operation of each transaction that has just failed, by its number. */
  readonly #failed = new Map<string, number>()

  /** Records the failure of an operation. The operations of its batch settle in the same tick. */
  add({ prismaTransaction, number }: PrismaOperation): void {
    if (prismaTransaction === undefined || prismaTransaction.kind === 'none') return
    const { id } = prismaTransaction
    this.#failed.set(id, Math.min(number, this.#failed.get(id) ?? number))
    setImmediate(() => this.#failed.delete(id))
  }

  /**
   * Calls `ran` if an operation that has settled with `undefined` did run: immediately outside a
   * transaction, otherwise once all operations of its batch have settled.
   */
  ifRan(call: PrismaOperation, ran: () => void): void {
    const { prismaTransaction, number } = call
    if (prismaTransaction === undefined || prismaTransaction.kind === 'none') return ran()
    const { id } = prismaTransaction
    const decide = (): void => {
      const failed = this.#failed.get(id)
      if (failed === undefined || failed > number) ran()
    }
    if (call.array === undefined) process.nextTick(decide)
    else call.array.add({ committed: decide, rolledBack: decide })
  }
}
