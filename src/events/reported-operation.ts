import type { ExecutedStatement, OperationCall } from '../database/operations/operation.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import { callerFrames } from './n-plus-one/caller-frames.ts'
import { fingerprintOf, reportedStatements } from './n-plus-one/fingerprint.ts'
import type { ActiveScope } from './scopes/active-scope.ts'

/** An operation that a callback receives. */
export interface ReportedOperation {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  readonly durationSeconds: number
  /** The structure of the arguments, or the SQL, without values. */
  readonly fingerprint: string
  /** The application's stack frames of the call, one per line; undefined if Prisma did not record them. */
  readonly stack: string | undefined
  /** The innermost scope of the call: for a request the name that it has so far. Undefined outside scopes. */
  readonly scope: string | undefined
  /**
   * The SQL of the operation without literals, with times and rows. Undefined without `metrics.comments`,
   * and if a statement may have been of another operation.
   */
  readonly statements: readonly ExecutedStatement[] | undefined
  /** Operations of the same kind since the last call of the callback, which were only counted. */
  readonly suppressed: number
}

/** Describes an operation, which costs more than counting it. */
export function reportedOperation(
  call: OperationCall,
  scope: ActiveScope | undefined,
  durationSeconds: number,
  suppressed: number,
): ReportedOperation {
  const { model = rawModel, operation } = call
  return {
    model,
    operation,
    durationSeconds,
    fingerprint: fingerprintOf(call),
    stack: callerFrames(call),
    scope: scope?.name,
    statements: reportedStatements(call),
    suppressed,
  }
}
