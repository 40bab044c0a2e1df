import { expectSeconds, expectThat, readOptions } from '../support/validate.ts'
import type { RepeatedCall } from './n-plus-one/repeated-call.ts'
import type { ReportedOperation } from './reported-operation.ts'

/** An operation that a scope has called repeatedly with the same structure of arguments. */
export interface NPlusOneSuspect extends RepeatedCall {
  readonly scope: string
}

/** Repeated calls that are not suspects: those that have all of these values. */
export interface NPlusOneAllowance {
  readonly scope?: string
  /** `$raw` for raw operations. */
  readonly model?: string
  readonly operation?: string
}

/** Settings of N+1 detection. */
export interface NPlusOneOptions {
  /**
   * Number of calls of one fingerprint in one scope from which they are a suspect. Calls that Prisma merges
   * into one SELECT (a `findUnique` by equality, with others of the same batch window) count once.
   * @default 10
   */
  readonly threshold?: number
  /**
   * Minimum duration of these calls, added up, in seconds.
   * @default 0
   */
  readonly seconds?: number
  /**
   * Repeated calls that are not suspects.
   * @default []
   */
  readonly allow?: readonly NPlusOneAllowance[]
  /** Called with each suspect when its scope ends. Its errors are reported to `onError`. */
  readonly onSuspect?: (suspect: NPlusOneSuspect) => unknown
}

/** An operation that took at least as long as `slowOperation.seconds`, failed or not. */
export interface SlowOperation extends ReportedOperation {
  /** The part of `durationSeconds` in which it is known to have waited for connections. */
  readonly waitSeconds: number
}

/** An operation that failed. */
export interface FailedOperation extends ReportedOperation {
  /** The `code` label of `prisma_operation_errors_total`: Prisma's code (`P2002`), `validation`, … */
  readonly code: string
}

/** Settings of the reports of failed operations. */
export interface FailedOperationOptions {
  /** Called with failed operations. Its errors are reported to `onError`. */
  readonly onFailed: (operation: FailedOperation) => unknown
  /**
   * Minimum time between two calls of `onFailed` for one model, operation and code, in seconds. The
   * counter counts every failed operation.
   * @default 1
   */
  readonly intervalSeconds?: number
}

/** Settings of slow operation detection. */
export interface SlowOperationOptions {
  /** Minimum duration of a slow operation, failed or not, in seconds. */
  readonly seconds: number
  /** Called with slow operations. Its errors are reported to `onError`. */
  readonly onSlow?: (operation: SlowOperation) => unknown
  /**
   * Minimum time between two calls of `onSlow` for one model and operation, in seconds. The counter
   * counts every slow operation.
   * @default 1
   */
  readonly intervalSeconds?: number
}

export interface NPlusOneSettings {
  readonly threshold: number
  /** @param seconds the duration of the calls, added up. */
  readonly isSuspect: (calls: Required<NPlusOneAllowance>, seconds: number) => boolean
  readonly onSuspect: ((suspect: NPlusOneSuspect) => unknown) | undefined
}

export interface FailedOperationSettings {
  readonly onFailed: (operation: FailedOperation) => unknown
  readonly intervalSeconds: number
}

export interface SlowOperationSettings {
  readonly seconds: number
  readonly onSlow: ((operation: SlowOperation) => unknown) | undefined
  readonly intervalSeconds: number
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveNPlusOne(options: NPlusOneOptions | false): NPlusOneSettings | undefined {
  if (options === false) return undefined
  const {
    threshold = 10,
    seconds = 0,
    allow = [],
    onSuspect,
  } = readOptions(
    'nPlusOne',
    options,
    { threshold: true, seconds: true, allow: true, onSuspect: true },
    'an object or false',
  )
  expectThat(
    'nPlusOne.threshold',
    Number.isInteger(threshold) && threshold >= 2,
    'an integer of at least 2',
    threshold,
  )
  expectThat(
    'nPlusOne.seconds',
    typeof seconds === 'number' && seconds >= 0,
    'a number of seconds of at least 0',
    seconds,
  )
  expectCallback('nPlusOne.onSuspect', onSuspect)
  const allowances = readAllowances(allow)
  return {
    threshold,
    onSuspect,
    isSuspect: (calls, taken) =>
      taken >= seconds &&
      !allowances.some((allowance) =>
        allowanceKeys.every((key) => (allowance[key] ?? calls[key]) === calls[key]),
      ),
  }
}

const allowanceKeys = ['scope', 'model', 'operation'] as const

function readAllowances(allow: readonly NPlusOneAllowance[]): Partial<NPlusOneAllowance>[] {
  const subject = 'nPlusOne.allow'
  const expected = 'an array of objects with scope, model or operation'
  expectThat(subject, Array.isArray(allow), expected, allow)
  return allow.map((given) => {
    const known = { scope: true, model: true, operation: true } as const
    const allowance = readOptions(subject, given, known, expected)
    const values = Object.values(allowance)
    const isValid = values.length > 0 && values.every((value) => typeof value === 'string')
    expectThat(subject, isValid, expected, given)
    return allowance
  })
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveSlowOperation(
  options: SlowOperationOptions | undefined,
): SlowOperationSettings | undefined {
  if (options === undefined) return undefined
  const known = { seconds: true, onSlow: true, intervalSeconds: true } as const
  const { seconds, onSlow, intervalSeconds = 1 } = readOptions('slowOperation', options, known)
  expectSeconds('slowOperation.seconds', seconds, 0)
  expectInterval('slowOperation.intervalSeconds', intervalSeconds)
  expectCallback('slowOperation.onSlow', onSlow)
  return { seconds, onSlow, intervalSeconds }
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveFailedOperation(
  options: FailedOperationOptions | undefined,
): FailedOperationSettings | undefined {
  if (options === undefined) return undefined
  const known = { onFailed: true, intervalSeconds: true } as const
  const { onFailed, intervalSeconds = 1 } = readOptions('failedOperation', options, known)
  expectThat('failedOperation.onFailed', typeof onFailed === 'function', 'a function', onFailed)
  expectInterval('failedOperation.intervalSeconds', intervalSeconds)
  return { onFailed, intervalSeconds }
}

function expectInterval(subject: string, seconds: unknown): void {
  const isInterval = typeof seconds === 'number' && seconds >= 0
  expectThat(subject, isInterval, 'a number of seconds of at least 0', seconds)
}

function expectCallback(subject: string, callback: unknown): void {
  expectThat(
    subject,
    callback === undefined || typeof callback === 'function',
    'a function',
    callback,
  )
}
