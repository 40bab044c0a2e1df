import { CallSite } from '../../database/operations/call-site.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { OpenTransactions } from '../../database/holders/open-transactions.ts'
import type { OperationRecorder } from '../../database/operations/operation-recorder.ts'
import type { Suppression } from '../../database/suppression.ts'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'

/** The recorders of operations. */
export interface OperationSinks {
  readonly recorder: OperationRecorder
  readonly errorReporter: ErrorReporter
  readonly suppression: Suppression
  readonly openTransactions: OpenTransactions
  /** True while the stack of an operation may be read. */
  readonly wantsStacks: () => boolean
}

/** An operation that has begun. Times are in seconds. */
export interface RunningOperation {
  succeeded(seconds: number, result: unknown): void
  failed(seconds: number, error: unknown): void
}

/** Begins operations. Its methods do not throw. */
export class ObservedOperations {
  readonly #sinks: OperationSinks

  constructor(sinks: OperationSinks) {
    this.#sinks = sinks
  }

  /** The stack of an operation's call without the frames of `method`; undefined if it is not needed. */
  callSite(method: Function): CallSite | undefined {
    return this.#sinks.wantsStacks() ? new CallSite(method) : undefined
  }

  get inFlight(): OperationRecorder['inFlight'] {
    return this.#sinks.recorder.inFlight
  }

  /** Undefined for an operation that is not counted. */
  begin(call: OperationCall): RunningOperation | undefined {
    const { recorder, errorReporter, suppression, openTransactions } = this.#sinks
    if (suppression.active) return undefined
    return errorReporter.guard(() => {
      const series = recorder.seriesOf(call.model, call.operation)
      const observed = series.observer.started(call)
      if (openTransactions.size > 0)
        call.transaction?.held?.operationStarted(series.model, series.operation)
      return {
        succeeded(seconds, result) {
          errorReporter.guard(() => {
            recorder.succeeded(series, seconds, result)
            series.observer.succeeded(observed, call, result, seconds)
          })
        },
        failed(seconds, error) {
          errorReporter.guard(() => {
            const code = recorder.failed(series, seconds, error)
            series.observer.failed(observed, call, seconds, code)
          })
        },
      }
    })
  }
}
