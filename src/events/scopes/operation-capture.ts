import type { OperationCall } from '../../database/operations/operation.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'
import type { CapturedOperations } from '../../metrics/scope-trackers.ts'
import type { BatchWindows } from '../n-plus-one/batch-window.ts'
import { CallTally } from '../n-plus-one/call-tally.ts'
import type { OperationFingerprints } from '../n-plus-one/fingerprint-tree.ts'
import { describeRepeated } from '../n-plus-one/repeated-call.ts'
import { repeatedCallError } from './repeated-call-error.ts'
import type { ActiveScope } from './active-scope.ts'

interface CallCount {
  readonly model: string
  readonly operation: string
  count: number
}

/**
 * Records every operation while it is open, in any scope, including scopes that began earlier, such as
 * that of a job worker.
 */
export class OperationCapture {
  readonly #own: ActiveScope
  readonly #threshold: number
  readonly #windows: BatchWindows
  readonly #rejects: boolean
  readonly #tallies = new Map<ActiveScope, CallTally>()
  readonly #calls = new Map<string, CallCount>()

  /**
   * @param own the scope of operations outside any other scope.
   * @param rejects true rejects the call that reaches the threshold.
   */
  constructor(own: ActiveScope, threshold: number, rejects: boolean, windows: BatchWindows) {
    this.#own = own
    this.#threshold = threshold
    this.#windows = windows
    this.#rejects = rejects
  }

  /** Returns the error that the operation is to be rejected with. */
  operationStarted(
    scope: ActiveScope | undefined,
    call: OperationCall,
    fingerprints: OperationFingerprints,
  ): Error | undefined {
    const tally = this.#tallyOf(scope ?? this.#own)
    const repeated = tally.count(fingerprints, tally.counted(call))
    const { model = rawModel, operation } = call
    const key = `${model}.${operation}`
    const known = this.#calls.get(key)
    if (known === undefined) this.#calls.set(key, { model, operation, count: 1 })
    else known.count += 1
    return this.#rejects && repeated !== undefined ? repeatedCallError(repeated, call) : undefined
  }

  read(): CapturedOperations {
    return {
      calls: [...this.#calls.values()].toSorted((one, other) => other.count - one.count),
      repeated: [...this.#tallies].flatMap(([scope, tally]) =>
        scope.isStream ? [] : tally.repeated().map(describeRepeated),
      ),
    }
  }

  #tallyOf(scope: ActiveScope): CallTally {
    let tally = this.#tallies.get(scope)
    if (tally === undefined) {
      tally = new CallTally(this.#threshold, this.#windows)
      this.#tallies.set(scope, tally)
    }
    return tally
  }
}
