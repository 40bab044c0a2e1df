import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'

/**
 * Returns a callback option guarded: its errors are counted and reported to `onError`. Undefined if the
 * option is not set.
 */
export function guardedCallback<T>(
  instruments: Instruments,
  errorReporter: ErrorReporter,
  name: 'onLong' | 'onSlow' | 'onFailed' | 'onSuspect',
  callback: ((reported: T) => unknown) | undefined,
): ((reported: T) => void) | undefined {
  if (callback === undefined) return undefined
  const errors = instruments.eventHandlerErrors.with(`$${name}`, name)
  const failed = (error: unknown): void => {
    errors.inc()
    errorReporter.notify(error)
  }
  return (reported) => errorReporter.guard(() => callback(reported), failed)
}
