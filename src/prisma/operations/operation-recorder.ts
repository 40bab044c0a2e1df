import type { Instruments } from '../../metrics/instruments.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { activeTrace } from '../../support/trace-context.ts'
import { errorCode } from '../error-code.ts'
import type { OperationObserver } from './operation-observer.ts'
import type { RowAction, RowCounter, RowCounters } from '../../database/statements/row-counters.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'

/** Where the operations of one model and name are recorded. */
export interface OperationSeries {
  readonly model: string
  readonly operation: string
  readonly duration: Histogram
  /** Made at the first result that is a list. */
  rows: Histogram | undefined
  /** The counter of the rows this operation writes; undefined for reads and raw operations. */
  readonly written: RowCounter | undefined
  readonly observer: OperationObserver
}

const actions: Readonly<Record<string, RowAction>> = {
  create: 'insert',
  createMany: 'insert',
  createManyAndReturn: 'insert',
  update: 'update',
  updateMany: 'update',
  updateManyAndReturn: 'update',
  delete: 'delete',
  deleteMany: 'delete',
  upsert: 'upsert',
}

/** Records the operations of one client. */
export class OperationRecorder {
  readonly inFlight: Gauge
  readonly #instruments: Instruments
  readonly #rows: RowCounters
  readonly #maxSeries: number
  readonly #observe: (model: string, operation: string) => OperationObserver
  readonly #onSettled: ((seconds: number) => void) | undefined
  readonly #models = new Map<string, Map<string, OperationSeries>>()
  #size = 0

  /**
   * @param observe makes the observer of a model and operation.
   * @param onSettled told of each operation that is recorded.
   */
  constructor(
    instruments: Instruments,
    rows: RowCounters,
    maxSeries: number,
    observe: (model: string, operation: string) => OperationObserver,
    onSettled?: (seconds: number) => void,
  ) {
    this.#instruments = instruments
    this.#rows = rows
    this.#maxSeries = maxSeries
    this.#observe = observe
    this.#onSettled = onSettled
    this.inFlight = instruments.operationsInFlight.with()
  }

  /** @param model undefined for raw operations. */
  seriesOf(model: string = rawModel, operation: string): OperationSeries {
    let operations = this.#models.get(model)
    let series = operations?.get(operation)
    if (series === undefined) {
      const action = model === rawModel ? undefined : actions[operation]
      series = {
        model,
        operation,
        duration: this.#instruments.operationDuration.with(model, operation),
        rows: undefined,
        written: action && this.#rows.of(model, action),
        observer: this.#observe(model, operation),
      }
      if (this.#size < this.#maxSeries) {
        this.#size += 1
        if (operations === undefined) this.#models.set(model, (operations = new Map()))
        operations.set(operation, series)
      }
    }
    return series
  }

  succeeded(series: OperationSeries, seconds: number, result: unknown): void {
    this.#settled(series.duration, seconds)
    if (Array.isArray(result)) {
      series.rows ??= this.#instruments.operationRows.with(series.model, series.operation)
      series.rows.observe(result.length)
    }
  }

  failed({ model, operation, duration }: OperationSeries, seconds: number, error: unknown): void {
    this.#settled(duration, seconds)
    this.#instruments.operationErrors.with(model, operation, errorCode(error)).inc()
  }

  #settled(duration: Histogram, seconds: number): void {
    const bucket = duration.observe(seconds)
    const labels = activeTrace()
    if (labels !== undefined) {
      duration.exemplars ??= []
      duration.exemplars[bucket] = { labels, value: seconds, timestamp: Date.now() / 1000 }
    }
    this.#onSettled?.(seconds)
  }
}

const countingOperations = new Set(['createMany', 'updateMany', 'deleteMany'])

/** How many rows the result of a writing operation speaks of. */
export function rowsOfResult(operation: string, result: unknown): number {
  if (!countingOperations.has(operation)) {
    // Of one row, too, a list may come back: that of a relation, as in `update(…).posts()`.
    return operation.endsWith('AndReturn') && Array.isArray(result) ? result.length : 1
  }
  // Another extension may have put something else in place of it.
  const { count } = (result ?? {}) as { count?: unknown }
  return typeof count === 'number' ? count : 0
}
