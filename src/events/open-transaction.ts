import type { HeldTransaction } from '../database/holders/held-transaction.ts'
import { unknownScope } from '../database/holders/scope-account.ts'
import { callerFrames } from './n-plus-one/caller-frames.ts'

/** A transaction that is open and holds its connection. */
export interface OpenTransaction {
  /**
   * The scope that opened the transaction: `$none` outside all scopes, `$shared` if Prisma does not
   * show which one did, `$unknown` for a request whose route is not matched yet.
   */
  readonly scope: string
  /** Time since BEGIN. */
  readonly ageSeconds: number
  /** The part of `ageSeconds` in which no statement ran. */
  readonly idleSeconds: number
  /** The last operation that started in the transaction; undefined before the first one. */
  readonly lastOperation:
    | {
        /** `$raw` for raw operations. */
        readonly model: string
        readonly operation: string
        /** Time since its start. */
        readonly ageSeconds: number
      }
    | undefined
  /**
   * The application's stack frames of the call of `$transaction`, one per line. Undefined without the
   * option `longTransaction`, and for transactions that Prisma opens by itself.
   */
  readonly stack: string | undefined
}

export function describeOpen(transaction: HeldTransaction): OpenTransaction {
  const { caller, lastOperation } = transaction
  const { site, account } = caller
  const now = performance.now()
  return {
    scope: account.name ?? unknownScope,
    ageSeconds: transaction.seconds(now),
    idleSeconds: transaction.idleSeconds(now),
    lastOperation: lastOperation && {
      model: lastOperation.model,
      operation: lastOperation.operation,
      ageSeconds: (now - lastOperation.started) / 1000,
    },
    stack: site && callerFrames({ stack: () => site.frames }),
  }
}
