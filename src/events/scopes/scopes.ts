import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { expectThat } from '../../support/validate.ts'
import type { OpenCapture, OpenScope, ScopeTracker } from '../../metrics/scope-trackers.ts'
import { callbackFailure } from '../callback-failure.ts'
import { type CallCount, CallTally, describeRepeated } from '../n-plus-one/call-tally.ts'
import type { NPlusOneSettings, NPlusOneSuspect } from '../event-options.ts'
import { OperationCapture } from './operation-capture.ts'
import type { OperationShapes } from '../n-plus-one/fingerprint-tree.ts'
import { Ticks } from '../n-plus-one/batch-window.ts'
import { ActiveScope } from './active-scope.ts'

/** Where the units of one name are recorded. */
interface ScopeSeries {
  readonly ok: Histogram
  readonly error: Histogram
  readonly operations: Histogram
  readonly database: Histogram
  /** Made at the first success: there is no time before it. */
  lastSuccess: Gauge | undefined
}

/** Measures units of work, and knows the one that the running code belongs to. */
export class Scopes implements ScopeTracker {
  readonly #storage = new AsyncLocalStorage<ActiveScope>()
  readonly #ticks = new Ticks()
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #nPlusOne: NPlusOneSettings | undefined
  readonly #onSuspect: ((suspect: NPlusOneSuspect) => void) | undefined
  readonly #maxSeries: number
  readonly #series = new Map<string, ScopeSeries>()
  readonly #probes = new Set<OperationCapture>()

  /** @param nPlusOne undefined: repeated calls are not looked for. */
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
      this.#onSuspect = (suspect) => errorReporter.callBack(() => onSuspect(suspect), failed)
    }
    this.#maxSeries = maxSeries
  }

  /** Gives the unit that the operation belongs to, once all who ask about it are told. */
  operationStarted(call: OperationCall, shapes: OperationShapes): ActiveScope | undefined {
    const unit = this.#current
    unit?.operationStarted(call, shapes)
    if (this.#probes.size > 0)
      for (const probe of this.#probes) probe.operationStarted(unit, call, shapes)
    return unit
  }

  /** True while the operations of the running code are counted one by one. */
  get counting(): boolean {
    return this.#probes.size > 0 || this.#current !== undefined
  }

  /** The unit that the running code belongs to: none, where that has ended. */
  get #current(): ActiveScope | undefined {
    const unit = this.#storage.getStore()
    return unit?.ended === true ? undefined : unit
  }

  /** @throws {TypeError} (rejects) for a name or a function that is none. */
  async scope<R>(name: string, fn: () => R): Promise<Awaited<R>> {
    const isName = typeof name === 'string' && name !== ''
    expectThat('metrics.scope(name)', isName, 'a string that is not empty', name)
    expectThat('metrics.scope(fn)', typeof fn === 'function', 'a function', fn)
    const unit = this.#begin()
    let result
    try {
      // Awaited inside: a Prisma promise begins where it is awaited.
      result = await this.#storage.run(unit, async () => await fn())
    } catch (error) {
      this.#end(unit, name, false)
      throw error
    }
    this.#end(unit, name, true)
    return result
  }

  open(): OpenScope {
    const unit = this.#begin()
    return {
      get used() {
        return unit.operations > 0
      },
      run: (fn) => this.#storage.run(unit, fn),
      end: (name, succeeded) => {
        if (!unit.ended) this.#end(unit, name, succeeded)
      },
    }
  }

  probe(threshold: number): OpenCapture {
    const unit = new ActiveScope(this.#current, undefined)
    const probe = new OperationCapture(unit, threshold, this.#ticks)
    this.#probes.add(probe)
    return {
      run: (fn) => this.#storage.run(unit, fn),
      close: () => {
        this.#probes.delete(probe)
        unit.end()
        return probe.read()
      },
    }
  }

  #begin(): ActiveScope {
    const tally = this.#nPlusOne && new CallTally(this.#nPlusOne.threshold, this.#ticks)
    return new ActiveScope(this.#current, tally)
  }

  #end(unit: ActiveScope, name: string, succeeded: boolean): void {
    const { tally } = unit
    unit.end()
    try {
      const series = this.#seriesOf(name)
      series[succeeded ? 'ok' : 'error'].observe((performance.now() - unit.started) / 1000)
      series.operations.observe(unit.operations)
      series.database.observe(unit.databaseSeconds)
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
