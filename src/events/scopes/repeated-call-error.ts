import { AssertionError } from 'node:assert'
import type { OperationCall } from '../../database/operations/operation.ts'
import { callerFrames } from '../n-plus-one/caller-frames.ts'
import { fingerprintOf } from '../n-plus-one/fingerprint.ts'
import type { CallCount } from '../n-plus-one/repeated-call.ts'

/** The error of a call that a test rejects, because the call repeats earlier ones. */
export function repeatedCallError(
  { model, operation, count, identical }: CallCount,
  call: OperationCall,
): Error {
  const values = identical ? 'the same arguments' : 'different values only'
  const error = new AssertionError({
    message: `prisma-prometheus/testing: expected no repeated call, got call ${count} of ${model}.${operation} ${fingerprintOf(call)} with ${values}`,
    operator: 'expectNoNPlusOne',
  })
  const frames = callerFrames(call)
  // The stack of the code that runs here ends in Prisma, which sends the operation later.
  if (frames !== undefined)
    error.stack = `${error.name}: ${error.message}\n${frames.replace(/^/gm, '    ')}`
  return error
}
