import { AssertionError } from 'node:assert'
import { expectThat, readOptions } from '../support/validate.ts'
import { probe, type ProbeOptions } from './probe.ts'

/** How many operations are right; each runs the function once and gives its result. */
export interface OperationsExpectation<R> {
  /** @throws {AssertionError} (rejects) where there were more. */
  toBeAtMost(count: number): Promise<R>
  /** @throws {AssertionError} (rejects) where there were more or fewer. */
  toBe(count: number): Promise<R>
}

/**
 * Counts the Prisma operations of all clients whose metrics are in the registry while `fn` runs, also
 * those that it causes elsewhere in the process, such as in a server it sends a request to.
 *
 * @example
 * ```ts
 * await expectOperations(() => listAlerts()).toBeAtMost(3)
 * ```
 */
export function expectOperations<R>(
  fn: () => R,
  options: ProbeOptions = {},
): OperationsExpectation<Awaited<R>> {
  const check = async (
    operator: string,
    holds: (actual: number) => boolean,
    expected: number,
  ): Promise<Awaited<R>> => {
    const read = readOptions('expectOperations(fn, options)', options, { registry: true })
    const { result, reading } = await probe('expectOperations(fn)', fn, read)
    const actual = reading.calls.reduce((sum, { count }) => sum + count, 0)
    if (holds(actual)) return result
    const list = reading.calls.map(
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

export interface NPlusOneExpectationOptions extends ProbeOptions {
  /**
   * How often one operation may not be called with other values only. Let the test have as many rows.
   * @default 3
   */
  readonly threshold?: number
}

/**
 * Runs `fn` and rejects where it, or one request that it causes in this process, called an operation
 * again and again with other values only. Gives the result of `fn`.
 *
 * @throws {AssertionError} (rejects) naming the operations, how often and from where.
 * @throws {TypeError} (rejects) for a threshold that is none.
 */
export async function expectNoNPlusOne<R>(
  fn: () => R,
  options: NPlusOneExpectationOptions = {},
): Promise<Awaited<R>> {
  const { threshold = 3, ...read } = readOptions('expectNoNPlusOne(fn, options)', options, {
    registry: true,
    threshold: true,
  })
  expectThat(
    'expectNoNPlusOne(fn, { threshold })',
    Number.isInteger(threshold) && threshold >= 2,
    'a whole number of at least 2',
    threshold,
  )
  const { result, reading } = await probe('expectNoNPlusOne(fn)', fn, read, threshold)
  if (reading.repeated.length === 0) return result
  const list = reading.repeated.map(
    ({ model, operation, shape, count, stack }) =>
      `\n  ${count} × ${model}.${operation} ${shape}${stack === undefined ? '' : `\n${indented(stack)}`}`,
  )
  throw new AssertionError({
    message: `expected no operation to be called ${threshold} times or more with other values only, got:${list.join('')}`,
    actual: reading.repeated.map(({ model, operation, count }) => ({ model, operation, count })),
    expected: [],
    operator: 'expectNoNPlusOne',
  })
}

function indented(stack: string): string {
  return stack.replace(/^/gm, '      ')
}
