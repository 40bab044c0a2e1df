import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import type { OperationCall } from '../database/operations/operation.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import type { Counter } from '../metrics/counter.ts'
import { callbackFailure } from './callback-failure.ts'
import { callerFrames } from './n-plus-one/caller-frames.ts'
import type { SlowOperation, SlowOperationSettings } from './event-options.ts'
import { fingerprintOf } from './n-plus-one/fingerprint.ts'

/** Counts the slow operations of one model and name, and calls `onSlow`. */
export class SlowOperations {
  readonly #counter: Counter
  readonly #settings: SlowOperationSettings
  readonly #onSlow: ((operation: SlowOperation) => void) | undefined
  #calledAt = Number.NEGATIVE_INFINITY
  #suppressed = 0

  constructor(
    instruments: Instruments,
    errorReporter: ErrorReporter,
    settings: SlowOperationSettings,
    model: string,
    operation: string,
  ) {
    this.#counter = instruments.slowOperations.with(model, operation)
    this.#settings = settings
    const { onSlow } = settings
    if (onSlow !== undefined) {
      const failed = callbackFailure(instruments, errorReporter, 'onSlow')
      this.#onSlow = (slow) => errorReporter.guard(() => onSlow(slow), failed)
    }
  }

  settled(call: OperationCall, durationSeconds: number): void {
    const { seconds, intervalSeconds } = this.#settings
    if (durationSeconds < seconds) return
    this.#counter.inc()
    if (this.#onSlow === undefined) return
    const now = performance.now()
    if (now - this.#calledAt < intervalSeconds * 1000) {
      this.#suppressed += 1
      return
    }
    const suppressed = this.#suppressed
    this.#calledAt = now
    this.#suppressed = 0
    const { model = rawModel, operation } = call
    const fingerprint = fingerprintOf(call)
    const stack = callerFrames(call)
    this.#onSlow({ model, operation, durationSeconds, fingerprint, stack, suppressed })
  }
}
