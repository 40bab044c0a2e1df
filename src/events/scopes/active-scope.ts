import type { OperationCall } from '../../database/operations/operation.ts'
import type { CallTally } from '../n-plus-one/call-tally.ts'
import type { OperationFingerprints } from '../n-plus-one/fingerprint-tree.ts'

/** A scope that has not ended, and its measurements so far. */
export class ActiveScope {
  readonly started: number
  operations = 0
  databaseSeconds = 0
  /** Undefined if N+1 detection is off, and after the end. */
  tally: CallTally | undefined
  #outer: ActiveScope | undefined
  #ended = false

  /**
   * @param outer the scope around this one: operations and seconds count in both.
   * @param started by `performance.now()`.
   */
  constructor(
    outer: ActiveScope | undefined,
    tally: CallTally | undefined,
    started: number = performance.now(),
  ) {
    this.#outer = outer
    this.tally = tally
    this.started = started
  }

  get ended(): boolean {
    return this.#ended
  }

  operationStarted(call: OperationCall, fingerprints: OperationFingerprints): void {
    this.tally?.count(fingerprints, call)
    this.#counted()
  }

  operationSettled(seconds: number): void {
    if (this.#ended) return
    this.databaseSeconds += seconds
    this.#outer?.operationSettled(seconds)
  }

  /** Ends the scope: operations that follow in its async context belong to no scope. */
  end(): void {
    this.#ended = true
    this.#outer = undefined
    this.tally = undefined
  }

  #counted(): void {
    if (this.#ended) return
    this.operations += 1
    if (this.#outer !== undefined) this.#outer.#counted()
  }
}
