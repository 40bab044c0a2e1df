import type { OperationCall } from '../database/operations/operation.ts'
import type { SlowOperation, SlowOperationSettings } from './event-options.ts'
import { CallbackInterval } from './callback-interval.ts'
import { reportedOperation } from './reported-operation.ts'
import type { ActiveScope } from './scopes/active-scope.ts'

/** Counts the slow operations of one model and name, and calls `onSlow`. */
export class SlowOperations {
  readonly #count: () => void
  readonly #seconds: number
  readonly #interval: CallbackInterval
  readonly #onSlow: ((operation: SlowOperation) => void) | undefined

  constructor(
    { seconds, intervalSeconds }: SlowOperationSettings,
    count: () => void,
    onSlow: ((operation: SlowOperation) => void) | undefined,
  ) {
    this.#count = count
    this.#seconds = seconds
    this.#interval = new CallbackInterval(intervalSeconds)
    this.#onSlow = onSlow
  }

  settled(call: OperationCall, scope: ActiveScope | undefined, durationSeconds: number): void {
    const { waitSeconds = 0 } = call
    // An operation that only waited is a victim of those that held the connections.
    if (durationSeconds - waitSeconds < this.#seconds) return
    this.#count()
    if (this.#onSlow === undefined) return
    const suppressed = this.#interval.pass()
    if (suppressed !== undefined)
      this.#onSlow({
        ...reportedOperation(call, scope, durationSeconds, suppressed),
        waitSeconds,
      })
  }
}
