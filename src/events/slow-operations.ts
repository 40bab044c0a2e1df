import type { OperationCall } from '../database/operations/operation.ts'
import type { Counter } from '../metrics/counter.ts'
import type { SlowOperation, SlowOperationSettings } from './event-options.ts'
import { CallbackInterval } from './callback-interval.ts'
import { reportedOperation } from './reported-operation.ts'
import type { ActiveScope } from './scopes/active-scope.ts'

/** Counts the slow operations of one model and name, and calls `onSlow`. */
export class SlowOperations {
  readonly #counter: Counter
  readonly #seconds: number
  readonly #interval: CallbackInterval
  readonly #onSlow: ((operation: SlowOperation) => void) | undefined

  constructor(
    { seconds, intervalSeconds }: SlowOperationSettings,
    counter: Counter,
    onSlow: ((operation: SlowOperation) => void) | undefined,
  ) {
    this.#counter = counter
    this.#seconds = seconds
    this.#interval = new CallbackInterval(intervalSeconds)
    this.#onSlow = onSlow
  }

  settled(call: OperationCall, scope: ActiveScope | undefined, durationSeconds: number): void {
    const { waitSeconds = 0 } = call
    // An operation that only waited is a victim of those that held the connections.
    if (durationSeconds - waitSeconds < this.#seconds) return
    this.#counter.inc()
    if (this.#onSlow === undefined) return
    const suppressed = this.#interval.pass()
    if (suppressed !== undefined)
      this.#onSlow({
        ...reportedOperation(call, scope, durationSeconds, suppressed),
        waitSeconds,
      })
  }
}
