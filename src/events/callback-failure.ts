import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'

/** Returns a function that counts the error of a callback option and passes it to `onError`. */
export function callbackFailure(
  instruments: Instruments,
  errorReporter: ErrorReporter,
  name: 'onSlow' | 'onSuspect',
): (error: unknown) => void {
  const errors = instruments.eventHandlerErrors.with(`$${name}`, name)
  return (error) => {
    errors.inc()
    errorReporter.notify(error)
  }
}
