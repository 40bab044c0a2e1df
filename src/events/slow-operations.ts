import type { Faults } from '../faults.ts'
import type { Instruments } from '../instruments.ts'
import type { OperationCall } from '../prisma/operation-observer.ts'
import { rawModel } from '../prisma/statement-series.ts'
import type { Counter } from '../series/counter.ts'
import { callerFrames } from './caller-frames.ts'
import type { SlowOperationSettings } from './event-options.ts'
import { shapeOf } from './shape.ts'

/** The slow operations of one model and name. */
export class SlowOperations {
  readonly #counter: Counter
  readonly #settings: SlowOperationSettings
  readonly #faults: Faults
  #toldAt = Number.NEGATIVE_INFINITY
  #suppressed = 0

  constructor(
    instruments: Instruments,
    faults: Faults,
    settings: SlowOperationSettings,
    model: string,
    operation: string,
  ) {
    this.#counter = instruments.slowOperations.with(model, operation)
    this.#settings = settings
    this.#faults = faults
  }

  settled(call: OperationCall, durationSeconds: number): void {
    const { seconds, onSlow, intervalSeconds } = this.#settings
    if (durationSeconds < seconds) return
    this.#counter.inc()
    if (onSlow === undefined) return
    const now = performance.now()
    if (now - this.#toldAt < intervalSeconds * 1000) {
      this.#suppressed += 1
      return
    }
    const suppressed = this.#suppressed
    this.#toldAt = now
    this.#suppressed = 0
    const { model = rawModel, operation } = call
    const shape = shapeOf(call)
    const stack = callerFrames(call)
    this.#faults.callBack(() =>
      onSlow({ model, operation, durationSeconds, shape, stack, suppressed }),
    )
  }
}
