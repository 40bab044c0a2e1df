import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { secondsSince } from '../../support/elapsed.ts'
import { expectThat } from '../../support/validate.ts'
import type { OpenCapture, OpenScope, ScopeTracker } from '../../metrics/scope-trackers.ts'
import { callbackFailure } from '../callback-failure.ts'
import { type CallCount, CallTally, describeRepeated } from '../n-plus-one/call-tally.ts'
import type { NPlusOneSettings, NPlusOneSuspect } from '../event-options.ts'
import { OperationCapture } from './operation-capture.ts'
import type { OperationFingerprints } from '../n-plus-one/fingerprint-tree.ts'
import { BatchWindows } from '../n-plus-one/batch-window.ts'
import { ActiveScope } from './active-scope.ts'

/** The series in which the scopes of one name are recorded. */
interface ScopeSeries {
  readonly ok: Histogram
  readonly error: Histogram
  readonly operations: Histogram
  readonly database: Histogram
  /** Created at the first success: there is no timestamp before it. */
  lastSuccess: Gauge | undefined
}

/** Measures scopes, and knows the scope of the running code. */
export class Scopes implements ScopeTracker {
  readonly #storage = new AsyncLocalStorage<ActiveScope>()
  readonly #windows = new BatchWindows()
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #nPlusOne: NPlusOneSettings | undefined
  readonly #onSuspect: ((suspect: NPlusOneSuspect) => void) | undefined
  readonly #maxSeries: number
  readonly #series = new Map<string, ScopeSeries>()
  readonly #captures = new Set<OperationCapture>()

  /** @param nPlusOne undefined turns N+1 detection off. */
  constructor(
    instruments: Instruments,
    errorReporter: ErrorReporter,
    nPlusOne: NPlusOneSettings | undefined,
    maxSeries: number,
  ) {
    this.#instruments = instruments
    this.#errorReporter = errorReporter
    this.#nPlusOne = nPlusOne
    const onSuspect = nPlusOne?.onSuspect
    if (onSuspect !== undefined) {
      const failed = callbackFailure(instruments, errorReporter, 'onSuspect')
      this.#onSuspect = (suspect) => errorReporter.guard(() => onSuspect(suspect), failed)
    }
    this.#maxSeries = maxSeries
  }

  /** Counts the operation in its scope and in open captures, and returns the scope. */
  operationStarted(
    call: OperationCall,
    fingerprints: OperationFingerprints,
  ): ActiveScope | undefined {
    const scope = this.#current
    scope?.operationStarted(call, fingerprints)
    if (this.#captures.size > 0)
      for (const capture of this.#captures) capture.operationStarted(scope, call, fingerprints)
    return scope
  }

  /** True while the operations of the running code are counted one by one. */
  get counting(): boolean {
    return this.#captures.size > 0 || this.#current !== undefined
  }

  /** The scope of the running code; undefined if it has ended. */
  get #current(): ActiveScope | undefined {
    const scope = this.#storage.getStore()
    return scope?.ended === true ? undefined : scope
  }

  /** @throws {TypeError} (rejects) for an empty name, and for an `fn` that is not a function. */
  async scope<R>(name: string, fn: () => R): Promise<Awaited<R>> {
    const isName = typeof name === 'string' && name !== ''
    expectThat('metrics.scope(name)', isName, 'a string that is not empty', name)
    expectThat('metrics.scope(fn)', typeof fn === 'function', 'a function', fn)
    const scope = this.#begin()
    let result
    try {
      // A Prisma promise starts its operation when it is awaited, so it is awaited inside the scope.
      result = await this.#storage.run(scope, async () => await fn())
    } catch (error) {
      this.#end(scope, name, false)
      throw error
    }
    this.#end(scope, name, true)
    return result
  }

  open(): OpenScope {
    const scope = this.#begin()
    return {
      get used() {
        return scope.operations > 0
      },
      run: (fn) => this.#storage.run(scope, fn),
      end: (name, succeeded) => {
        if (!scope.ended) this.#end(scope, name, succeeded)
      },
    }
  }

  capture(threshold: number): OpenCapture {
    const scope = new ActiveScope(this.#current, undefined)
    const capture = new OperationCapture(scope, threshold, this.#windows)
    this.#captures.add(capture)
    return {
      run: (fn) => this.#storage.run(scope, fn),
      close: () => {
        this.#captures.delete(capture)
        scope.end()
        return capture.read()
      },
    }
  }

  #begin(): ActiveScope {
    const tally = this.#nPlusOne && new CallTally(this.#nPlusOne.threshold, this.#windows)
    return new ActiveScope(this.#current, tally)
  }

  #end(scope: ActiveScope, name: string, succeeded: boolean): void {
    const { tally } = scope
    scope.end()
    try {
      const series = this.#seriesOf(name)
      series[succeeded ? 'ok' : 'error'].observe(secondsSince(scope.started))
      series.operations.observe(scope.operations)
      series.database.observe(scope.databaseSeconds)
      if (succeeded) {
        series.lastSuccess ??= this.#instruments.scopeLastSuccess.with(name)
        series.lastSuccess.set(Date.now() / 1000)
      }
      for (const repeated of tally?.repeated() ?? []) this.#suspect(name, repeated)
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }

  #suspect(scope: string, repeated: CallCount): void {
    const { model, operation } = repeated
    this.#instruments.nPlusOneSuspects.with(scope, model, operation).inc()
    this.#onSuspect?.({ scope, ...describeRepeated(repeated) })
  }

  #seriesOf(name: string): ScopeSeries {
    let series = this.#series.get(name)
    if (series === undefined) {
      const { scopeDuration, scopeOperations, scopeDatabase } = this.#instruments
      series = {
        ok: scopeDuration.with(name, 'ok'),
        error: scopeDuration.with(name, 'error'),
        operations: scopeOperations.with(name),
        database: scopeDatabase.with(name),
        lastSuccess: undefined,
      }
      if (this.#series.size < this.#maxSeries) this.#series.set(name, series)
    }
    return series
  }
}
