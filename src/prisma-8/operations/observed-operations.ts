import { CallSite } from '../../database/operations/call-site.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { OpenTransactions } from '../../database/holders/open-transactions.ts'
import type {
  OperationRecorder,
  OperationSeries,
} from '../../database/operations/operation-recorder.ts'
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
      const running = new RunningOperation(this.#sinks, series, call)
      if (openTransactions.size > 0)
        call.transaction?.held?.operationStarted(series.model, series.operation)
      return running
    })
  }
}

/** An operation that has begun. Times are in seconds; its methods do not throw. */
export class RunningOperation {
  readonly #sinks: OperationSinks
  readonly #series: OperationSeries
  readonly #call: OperationCall
  readonly #observed: unknown

  constructor(sinks: OperationSinks, series: OperationSeries, call: OperationCall) {
    this.#sinks = sinks
    this.#series = series
    this.#call = call
    this.#observed = series.observer.started(call)
  }

  /** The operation has returned a row: the caller's code continues. */
  resumed(): void {
    this.#sinks.errorReporter.guard(() => this.#series.observer.resumed(this.#observed))
  }

  succeeded(seconds: number, result: unknown): void {
    const { recorder, errorReporter } = this.#sinks
    errorReporter.guard(() => {
      this.#series.observer.resumed(this.#observed)
      recorder.succeeded(this.#series, seconds, result)
      this.#series.observer.succeeded(this.#observed, this.#call, result, seconds)
    })
  }

  failed(seconds: number, error: unknown): void {
    const { recorder, errorReporter } = this.#sinks
    errorReporter.guard(() => {
      this.#series.observer.resumed(this.#observed)
      const code = recorder.failed(this.#series, seconds, error)
      this.#series.observer.failed(this.#observed, this.#call, seconds, code)
    })
  }
}
