import type { OperationCall } from '../../database/operations/operation.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'
import type { CapturedOperations } from '../../metrics/scope-trackers.ts'
import { CallTally, describeRepeated } from '../n-plus-one/call-tally.ts'
import type { OperationShapes } from '../n-plus-one/fingerprint-tree.ts'
import type { Ticks } from '../n-plus-one/batch-window.ts'
import type { ActiveScope } from './active-scope.ts'

interface CallCount {
  readonly model: string
  readonly operation: string
  count: number
}

/**
 * Told of every operation while it is open, whatever unit it belongs to: one that began before the
 * probe, as that of a worker, does not know of it.
 */
export class OperationCapture {
  readonly #own: ActiveScope
  readonly #threshold: number
  readonly #ticks: Ticks
  readonly #tallies = new Map<ActiveScope, CallTally>()
  readonly #calls = new Map<string, CallCount>()

  /** @param own the unit of what is in no other. */
  constructor(own: ActiveScope, threshold: number, ticks: Ticks) {
    this.#own = own
    this.#threshold = threshold
    this.#ticks = ticks
  }

  operationStarted(
    unit: ActiveScope | undefined,
    call: OperationCall,
    shapes: OperationShapes,
  ): void {
    this.#tallyOf(unit ?? this.#own).count(shapes, call)
    const { model = rawModel, operation } = call
    const key = `${model}.${operation}`
    const known = this.#calls.get(key)
    if (known === undefined) this.#calls.set(key, { model, operation, count: 1 })
    else known.count += 1
  }

  read(): CapturedOperations {
    return {
      calls: [...this.#calls.values()].toSorted((one, other) => other.count - one.count),
      repeated: [...this.#tallies.values()].flatMap((tally) =>
        tally.repeated().map(describeRepeated),
      ),
    }
  }

  #tallyOf(unit: ActiveScope): CallTally {
    let tally = this.#tallies.get(unit)
    if (tally === undefined) {
      tally = new CallTally(this.#threshold, this.#ticks)
      this.#tallies.set(unit, tally)
    }
    return tally
  }
}
