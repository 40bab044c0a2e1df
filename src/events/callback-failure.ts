import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'

/** Counts what a callback of the options threw or rejected with, and hands it to `onError`. */
export function callbackFailure(
  instruments: Instruments,
  errorReporter: ErrorReporter,
  name: 'onSlow' | 'onSuspect',
): (error: unknown) => void {
  const errors = instruments.eventHandlerErrors.with(`$${name}`, name)
  return (error) => {
    errors.inc()
    errorReporter.tell(error)
  }
}
