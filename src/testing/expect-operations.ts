import { AssertionError } from 'node:assert'
import { expectThat, readOptions } from '../support/validate.ts'
import { captureOperations, type CaptureOptions } from './capture-operations.ts'

/** The expected number of operations. Each method runs the function once and resolves with its result. */
export interface OperationsExpectation<R> {
  /** @throws {AssertionError} (rejects) if there were more. */
  toBeAtMost(count: number): Promise<R>
  /** @throws {AssertionError} (rejects) if there were more or fewer. */
  toBe(count: number): Promise<R>
}

/**
 * Counts the Prisma operations of all instrumented clients of a registry while `fn` runs, anywhere in
 * the process, such as in a server that `fn` sends a request to.
 *
 * @example
 * ```ts
 * await expectOperations(() => listAlerts()).toBeAtMost(3)
 * ```
 */
export function expectOperations<R>(
  fn: () => R,
  options: CaptureOptions = {},
): OperationsExpectation<Awaited<R>> {
  const check = async (
    operator: string,
    holds: (actual: number) => boolean,
    expected: number,
  ): Promise<Awaited<R>> => {
    const read = readOptions('expectOperations(fn, options)', options, { registry: true })
    const { result, operations } = await captureOperations('expectOperations(fn)', fn, read)
    const actual = operations.calls.reduce((sum, { count }) => sum + count, 0)
    if (holds(actual)) return result
    const list = operations.calls.map(
      ({ model, operation, count }) => `\n  ${count} × ${model}.${operation}`,
    )
    const message = `expected ${operator} ${expected} operations, got ${actual}${actual > 0 ? ':' : ''}${list.join('')}`
    throw new AssertionError({ message, actual, expected, operator })
  }
  return {
    toBeAtMost: (count) => check('at most', (actual) => actual <= count, count),
    toBe: (count) => check('exactly', (actual) => actual === count, count),
  }
}

export interface NPlusOneExpectationOptions extends CaptureOptions {
  /**
   * Number of calls of one operation, with the same structure of arguments, that fails the test. Create at least
   * as many rows in the test.
   * @default 3
   */
  readonly threshold?: number
  /**
   * Rejects the call that reaches the threshold, so that its stack leads to the line. The application
   * receives the error as that of the operation. Not on Prisma 8.
   * @default false
   */
  readonly throwAtCall?: boolean
}

/**
 * Runs `fn` and resolves with its result. Rejects if `fn`, or one request that it causes in this
 * process, called an operation repeatedly with the same structure of arguments.
 *
 * @throws {AssertionError} (rejects) with the operations, their counts and stacks.
 * @throws {TypeError} (rejects) for a threshold that is not an integer of at least 2.
 */
export async function expectNoNPlusOne<R>(
  fn: () => R,
  options: NPlusOneExpectationOptions = {},
): Promise<Awaited<R>> {
  const {
    threshold = 3,
    throwAtCall = false,
    ...read
  } = readOptions('expectNoNPlusOne(fn, options)', options, {
    registry: true,
    threshold: true,
    throwAtCall: true,
  })
  expectThat(
    'expectNoNPlusOne(fn, { threshold })',
    Number.isInteger(threshold) && threshold >= 2,
    'an integer of at least 2',
    threshold,
  )
  expectThat(
    'expectNoNPlusOne(fn, { throwAtCall })',
    typeof throwAtCall === 'boolean',
    'a boolean',
    throwAtCall,
  )
  const { result, operations } = await captureOperations(
    'expectNoNPlusOne(fn)',
    fn,
    read,
    threshold,
    throwAtCall,
  )
  if (operations.repeated.length === 0) return result
  const list = operations.repeated.map(
    ({ model, operation, kind, fingerprint, count, stack }) =>
      `\n  ${count} ${kind === 'identical' ? 'identical ' : ''}× ${model}.${operation} ${fingerprint}${stack === undefined ? '' : `\n${indented(stack)}`}`,
  )
  throw new AssertionError({
    message: `expected no operation to be called ${threshold} times or more with the same structure of arguments, got:${list.join('')}`,
    actual: operations.repeated.map(({ model, operation, kind, count }) => ({
      model,
      operation,
      kind,
      count,
    })),
    expected: [],
    operator: 'expectNoNPlusOne',
  })
}

function indented(stack: string): string {
  return stack.replace(/^/gm, '      ')
}
