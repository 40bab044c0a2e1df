import type { OperationCall } from '../../database/operations/operation.ts'
import type { CallTally } from '../n-plus-one/call-tally.ts'
import type { OperationShapes } from '../n-plus-one/fingerprint-tree.ts'

/** One unit of work, and what has been measured of it so far. */
export class ActiveScope {
  readonly started: number = performance.now()
  operations = 0
  databaseSeconds = 0
  /** Undefined where nobody asks for repeated calls, and after the end. */
  tally: CallTally | undefined
  #outer: ActiveScope | undefined
  #ended = false

  /** @param outer the unit that this one is part of: operations and seconds count in both. */
  constructor(outer: ActiveScope | undefined, tally: CallTally | undefined) {
    this.#outer = outer
    this.tally = tally
  }

  get ended(): boolean {
    return this.#ended
  }

  operationStarted(call: OperationCall, shapes: OperationShapes): void {
    this.tally?.count(shapes, call)
    this.#counted()
  }

  operationSettled(seconds: number): void {
    if (this.#ended) return
    this.databaseSeconds += seconds
    this.#outer?.operationSettled(seconds)
  }

  /** What goes on in its async context after this belongs to no unit any more. */
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
