import { expectThat, readOptions } from '../support/validate.ts'
import type { RepeatedCall } from './n-plus-one/call-tally.ts'

/** A scope in which one operation was called again and again with nothing but other values. */
export interface NPlusOneSuspect extends RepeatedCall {
  readonly scope: string
}

/** When repeated operations of one scope are suspicious. */
export interface NPlusOneOptions {
  /**
   * How often a scope may not call an operation of one shape. What Prisma merges into one SELECT (a
   * `findUnique` by equality, with others of the same tick) counts once.
   * @default 10
   */
  readonly threshold?: number
  /** Told of each suspect when its scope ends. What it throws goes to `onError`. */
  readonly onSuspect?: (suspect: NPlusOneSuspect) => unknown
}

/** An operation that took at least as long as `slowOperation.seconds`, failed or not. */
export interface SlowOperation {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  readonly durationSeconds: number
  /** The arguments' structure, or the SQL, without values. */
  readonly shape: string
  /** Where it was called: the application's frames, where Prisma has noted them. */
  readonly stack: string | undefined
  /** Slow ones of this model and operation since the last call, that were counted only. */
  readonly suppressed: number
}

/** Which operations are slow, and who is told of them. */
export interface SlowOperationOptions {
  /** An operation that took as long or longer is slow, failed or not. In seconds. */
  readonly seconds: number
  /** Told of slow operations. What it throws goes to `onError`. */
  readonly onSlow?: (operation: SlowOperation) => unknown
  /**
   * `onSlow` is called for each model and operation at most once in this time, in seconds; the counter
   * counts all.
   * @default 1
   */
  readonly intervalSeconds?: number
}

export interface NPlusOneSettings {
  readonly threshold: number
  readonly onSuspect: ((suspect: NPlusOneSuspect) => unknown) | undefined
}

export interface SlowOperationSettings {
  readonly seconds: number
  readonly onSlow: ((operation: SlowOperation) => unknown) | undefined
  readonly intervalSeconds: number
}

/** @throws {TypeError} naming the option, what was expected and what came. */
export function resolveNPlusOne(options: NPlusOneOptions | false): NPlusOneSettings | undefined {
  if (options === false) return undefined
  const { threshold = 10, onSuspect } = readOptions(
    'nPlusOne',
    options,
    { threshold: true, onSuspect: true },
    'an object or false',
  )
  expectThat(
    'nPlusOne.threshold',
    Number.isInteger(threshold) && threshold >= 2,
    'a whole number of at least 2',
    threshold,
  )
  expectCallback('nPlusOne.onSuspect', onSuspect)
  return { threshold, onSuspect }
}

/** @throws {TypeError} naming the option, what was expected and what came. */
export function resolveSlowOperation(
  options: SlowOperationOptions | undefined,
): SlowOperationSettings | undefined {
  if (options === undefined) return undefined
  const known = { seconds: true, onSlow: true, intervalSeconds: true } as const
  const { seconds, onSlow, intervalSeconds = 1 } = readOptions('slowOperation', options, known)
  expectThat(
    'slowOperation.seconds',
    typeof seconds === 'number' && seconds >= 0,
    'a number of seconds of at least 0',
    seconds,
  )
  expectThat(
    'slowOperation.intervalSeconds',
    typeof intervalSeconds === 'number' && intervalSeconds >= 0,
    'a number of seconds of at least 0',
    intervalSeconds,
  )
  expectCallback('slowOperation.onSlow', onSlow)
  return { seconds, onSlow, intervalSeconds }
}

function expectCallback(subject: string, callback: unknown): void {
  expectThat(
    subject,
    callback === undefined || typeof callback === 'function',
    'a function',
    callback,
  )
}
