import type { OperationCall } from '../prisma/operation-observer.ts'
import { rawModel } from '../prisma/statement-series.ts'
import type { ProbeReading } from '../work-meter.ts'
import { type CallTally, describeRepeated } from './call-tally.ts'
import { UnitOfWork } from './unit-of-work.ts'

interface CallCount {
  readonly model: string
  readonly operation: string
  count: number
}

/** The unit around all units that are opened while a probe is open, and around what is in none. */
export class ProbedWork extends UnitOfWork {
  readonly threshold: number
  readonly #tallies: CallTally[]
  readonly #calls = new Map<string, CallCount>()

  constructor(outer: UnitOfWork | undefined, tally: CallTally, threshold: number) {
    super(outer, tally)
    this.threshold = threshold
    this.#tallies = [tally]
  }

  /** Reads the tally of a unit inside of it too, at the end. */
  watch(tally: CallTally): void {
    this.#tallies.push(tally)
  }

  read(): ProbeReading {
    return {
      calls: [...this.#calls.values()].toSorted((one, other) => other.count - one.count),
      repeated: this.#tallies.flatMap((tally) =>
        tally.repeated(this.threshold).map(describeRepeated),
      ),
    }
  }

  protected override counted(call: OperationCall): void {
    super.counted(call)
    const { model = rawModel, operation } = call
    const key = `${model}.${operation}`
    const known = this.#calls.get(key)
    if (known === undefined) this.#calls.set(key, { model, operation, count: 1 })
    else known.count += 1
  }
}
