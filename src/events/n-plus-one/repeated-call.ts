import type { ExecutedStatement, OperationCall } from '../../database/operations/operation.ts'
import { callerFrames } from './caller-frames.ts'
import { fingerprintOf, reportedStatements } from './fingerprint.ts'

/** An operation that one scope has called repeatedly with the same structure of arguments. */
export interface RepeatedCall {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  /**
   * `identical` if all calls had the same arguments, values included: a result that could be kept.
   * `loop` if values differed. On Prisma 8 always `loop`, because values are hidden in functions.
   */
  readonly kind: 'loop' | 'identical'
  /** The structure of the arguments, or the SQL, without values. */
  readonly fingerprint: string
  readonly count: number
  /** Duration of the calls, added up, in seconds. */
  readonly seconds: number
  /**
   * The application's stack frames of the call that reached the threshold, one per line. Undefined if
   * Prisma did not record them: it does for model operations, unless `errorFormat` is `'minimal'`.
   */
  readonly stack: string | undefined
  /**
   * The SQL of that call without literals, with times and rows. Undefined without `metrics.comments`, and
   * if a statement may have been of another operation.
   */
  readonly statements: readonly ExecutedStatement[] | undefined
}

/** The calls with one fingerprint. */
export interface CallCount {
  readonly model: string
  readonly operation: string
  readonly count: number
  readonly seconds: number
  readonly identical: boolean
  /** The call that reached the threshold. */
  readonly example: OperationCall | undefined
}

/** Adds the fingerprint's text, the stack and the SQL, which cost more than all the counting. */
export function describeRepeated({
  model,
  operation,
  count,
  seconds,
  identical,
  example,
}: CallCount): RepeatedCall {
  return {
    model,
    operation,
    kind: identical ? 'identical' : 'loop',
    fingerprint: example === undefined ? '?' : fingerprintOf(example),
    count,
    seconds,
    stack: example && callerFrames(example),
    statements: example && reportedStatements(example),
  }
}
