import type { OperationCall } from '../database/operations/operation.ts'
import type { FailedOperation, FailedOperationSettings } from './event-options.ts'
import { CallbackInterval } from './callback-interval.ts'
import { reportedOperation } from './reported-operation.ts'
import type { ActiveScope } from './scopes/active-scope.ts'

/** Codes with an interval of their own; further ones share one. The codes of a Prisma version are fewer. */
const maxCodes = 100

/** Calls `onFailed` for the failed operations of one model and name. */
export class FailedOperations {
  readonly #intervalSeconds: number
  readonly #onFailed: (operation: FailedOperation) => void
  readonly #intervals = new Map<string, CallbackInterval>()

  constructor(
    { intervalSeconds }: FailedOperationSettings,
    onFailed: (operation: FailedOperation) => void,
  ) {
    this.#intervalSeconds = intervalSeconds
    this.#onFailed = onFailed
  }

  failed(
    call: OperationCall,
    scope: ActiveScope | undefined,
    durationSeconds: number,
    code: string,
  ): void {
    const suppressed = this.#intervalOf(code).pass()
    if (suppressed === undefined) return
    this.#onFailed({ ...reportedOperation(call, scope, durationSeconds, suppressed), code })
  }

  #intervalOf(code: string): CallbackInterval {
    const key = this.#intervals.has(code) || this.#intervals.size < maxCodes ? code : ''
    let interval = this.#intervals.get(key)
    if (interval === undefined) {
      interval = new CallbackInterval(this.#intervalSeconds)
      this.#intervals.set(key, interval)
    }
    return interval
  }
}
