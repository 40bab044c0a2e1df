import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { activeTrace } from '../../support/trace-context.ts'
import { rawModel } from '../statements/parsed-statements.ts'
import type { RowCounter } from '../statements/row-counters.ts'
import type { OperationObserver } from './operation.ts'

/** The series in which the operations of one model and name are recorded. */
export interface OperationSeries {
  readonly model: string
  readonly operation: string
  readonly duration: Histogram
  /** Created at the first result that is a list. */
  rows: Histogram | undefined
  /** Undefined for operations that write no rows of a model. */
  readonly written: RowCounter | undefined
  readonly observer: OperationObserver
}

export interface OperationRecorderOptions {
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  /** Series that are kept; those of later models and operations are looked up at each operation. */
  readonly maxSeries: number
  /** Makes the observer of a model (`$raw` for raw operations) and operation. */
  readonly observe: (model: string, operation: string) => OperationObserver
  /** Returns the `code` label of an error. */
  readonly errorCode: (error: unknown) => string
  /** Returns the counter of the rows that the operation writes; undefined if it writes none. */
  readonly written: (model: string, operation: string) => RowCounter | undefined
  /** Runs after each recorded operation. */
  readonly onSettled: ((seconds: number) => void) | undefined
}

/**
 * Records the operations of one client. A metric that fails is reported: it must not cost an event.
 */
export class OperationRecorder {
  readonly inFlight: Gauge
  readonly #options: OperationRecorderOptions
  readonly #models = new Map<string, Map<string, OperationSeries>>()
  #size = 0

  constructor(options: OperationRecorderOptions) {
    this.#options = options
    this.inFlight = options.instruments.operationsInFlight.with()
  }

  /** @param model undefined for raw operations. */
  seriesOf(model: string = rawModel, operation: string): OperationSeries {
    let operations = this.#models.get(model)
    let series = operations?.get(operation)
    if (series === undefined) {
      const { instruments, maxSeries, observe, written } = this.#options
      series = {
        model,
        operation,
        duration: instruments.operationDuration.with(model, operation),
        rows: undefined,
        written: written(model, operation),
        observer: observe(model, operation),
      }
      if (this.#size < maxSeries) {
        this.#size += 1
        if (operations === undefined) this.#models.set(model, (operations = new Map()))
        operations.set(operation, series)
      }
    }
    return series
  }

  succeeded(series: OperationSeries, seconds: number, result: unknown): void {
    const { errorReporter, instruments } = this.#options
    errorReporter.guard(() => {
      this.#settled(series.duration, '', seconds)
      if (!Array.isArray(result)) return
      series.rows ??= instruments.operationRows.with(series.model, series.operation)
      series.rows.observe(result.length)
    })
  }

  /** Returns the `code` label of the error. */
  failed({ model, operation, duration }: OperationSeries, seconds: number, error: unknown): string {
    const { errorReporter, instruments, errorCode } = this.#options
    const code = errorReporter.guard(() => errorCode(error)) ?? 'unknown'
    // `$other` beyond `maxSeries`.
    let outcome = code
    errorReporter.guard(() => {
      const errors = instruments.operationErrors.with(model, operation, code)
      errors.inc()
      outcome = errors.labelValues.at(-1) ?? code
    })
    errorReporter.guard(() => this.#settled(duration, outcome, seconds))
    return code
  }

  #settled(duration: Histogram, outcome: string, seconds: number): void {
    const labelSet = activeTrace()
    const exemplar = labelSet && { labelSet, value: seconds, timestamp: Date.now() / 1000 }
    duration.observeOutcome(outcome, seconds, exemplar)
    this.#options.onSettled?.(seconds)
  }
}
