import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import { secondsSince } from '../../support/elapsed.ts'
import { expectThat } from '../../support/validate.ts'
import { type ScopeAccount, ScopeAccounts } from '../../database/holders/scope-account.ts'
import type { StatementScope } from '../../database/statements/row-counters.ts'
import type { ScopeAttribution } from '../../database/statements/scope-attribution.ts'
import {
  currentRequest,
  type OpenCapture,
  type OpenRequest,
  type ScopeTracker,
} from '../../metrics/scope-trackers.ts'
import { guardedCallback } from '../guarded-callback.ts'
import { CallTally, type CountedCall } from '../n-plus-one/call-tally.ts'
import { type CallCount, describeRepeated } from '../n-plus-one/repeated-call.ts'
import type { NPlusOneSettings, NPlusOneSuspect } from '../event-options.ts'
import { OperationCapture } from './operation-capture.ts'
import type { OperationFingerprints } from '../n-plus-one/fingerprint-tree.ts'
import { BatchWindows } from '../n-plus-one/batch-window.ts'
import { ActiveScope } from './active-scope.ts'
import { CurrentScope } from './current-scope.ts'
import { EventLoopBlocks } from './event-loop-blocks.ts'
import { OpenScopes } from './open-scopes.ts'
import { RequestScope } from './request-scope.ts'
import { ScopeRowCounters } from './scope-rows.ts'
import type { OperationActivity } from '../operation-activity.ts'

/** The series in which the scopes of one name are recorded. */
interface ScopeSeries {
  readonly ok: Histogram
  readonly error: Histogram
  readonly operations: Histogram
  readonly database: Histogram
  /** Created at the first success: there is no timestamp before it. */
  lastSuccess: Gauge | undefined
}

/** An operation in a scope. */
export interface ScopedOperation {
  readonly scope: ActiveScope | undefined
  /** Undefined if N+1 detection is off. */
  readonly counted: CountedCall | undefined
  /** The error to reject the operation with, in a test that asks for it. */
  readonly refusal: Error | undefined
}

/** Measures scopes, and knows the scope of the running code. */
export class Scopes implements ScopeTracker, ScopeAttribution {
  readonly key: string
  /** Undefined if blocks of the event loop are not measured. */
  readonly blocks: EventLoopBlocks | undefined
  readonly #current: CurrentScope
  readonly #windows = new BatchWindows()
  readonly #instruments: Instruments
  readonly #errorReporter: ErrorReporter
  readonly #nPlusOne: NPlusOneSettings | undefined
  readonly #onSuspect: ((suspect: NPlusOneSuspect) => void) | undefined
  readonly #maxSeries: number
  readonly #activity: OperationActivity
  readonly #series = new Map<string, ScopeSeries>()
  readonly #captures = new Set<OperationCapture>()
  readonly #open: OpenScopes
  readonly #rows: ScopeRowCounters
  readonly #accounts: ScopeAccounts
  /** Operations of arrays in progress. */
  #arrayOperations = 0
  /** Operations of arrays in progress that code outside scopes has started. */
  #unscopedArrayOperations = 0

  /**
   * @param nPlusOne undefined turns N+1 detection off.
   * @param measuresBlocks whether blocks of the event loop are measured.
   */
  constructor(
    key: string,
    instruments: Instruments,
    errorReporter: ErrorReporter,
    nPlusOne: NPlusOneSettings | undefined,
    maxSeries: number,
    activity: OperationActivity,
    measuresBlocks: boolean,
  ) {
    this.key = key
    this.#current = new CurrentScope(this, (request, outer) => this.#openIn(request, outer))
    this.#instruments = instruments
    this.#activity = activity
    this.#errorReporter = errorReporter
    this.#nPlusOne = nPlusOne
    const { onSuspect } = nPlusOne ?? {}
    this.#onSuspect = guardedCallback(instruments, errorReporter, 'onSuspect', onSuspect)
    this.#maxSeries = maxSeries
    this.#open = new OpenScopes(instruments, maxSeries)
    this.#rows = new ScopeRowCounters(instruments, maxSeries)
    this.#accounts = new ScopeAccounts(instruments, maxSeries)
    this.blocks = measuresBlocks ? new EventLoopBlocks(this.#accounts, errorReporter) : undefined
  }

  /**
   * Counts the operation in its scope and in open captures. Returns undefined for an operation outside
   * scopes that no capture rejects.
   */
  operationStarted(
    call: OperationCall,
    fingerprints: OperationFingerprints,
  ): ScopedOperation | undefined {
    const scope = this.#current.value
    this.blocks?.called(scope)
    let refusal: Error | undefined
    if (this.#captures.size > 0)
      for (const capture of this.#captures)
        refusal ??= capture.operationStarted(scope, call, fingerprints)
    if (scope === undefined) return refusal && { scope, counted: undefined, refusal }
    return { scope, counted: scope.operationStarted(call, fingerprints), refusal }
  }

  /** True while the operations of the running code are counted one by one. */
  get counting(): boolean {
    return this.#captures.size > 0 || this.#current.value !== undefined
  }

  ofCaller(): StatementScope | undefined {
    return this.#current.value
  }

  ofStatement(): StatementScope | undefined {
    const scope = this.#current.value
    const own = scope?.arrayOperations ?? this.#unscopedArrayOperations
    return this.#arrayOperations > own ? this.#rows.shared : scope
  }

  /** Returns a function to call when code of the running scope continues after a transaction's step. */
  resumption(): (() => void) | undefined {
    const { blocks } = this
    const scope = this.#current.value
    return blocks && (() => blocks.resume(scope))
  }

  accountOfCaller(): ScopeAccount {
    return this.#current.value?.account(this.#accounts) ?? this.#accounts.none
  }

  get sharedAccount(): ScopeAccount {
    return this.#accounts.shared
  }

  accountOfStatement(): ScopeAccount {
    return this.ofStatement() === this.#rows.shared ? this.#accounts.shared : this.accountOfCaller()
  }

  arrayOperation(): () => void {
    const scope = this.#current.value
    this.#countArrayOperation(scope, 1)
    return () => this.#countArrayOperation(scope, -1)
  }

  #countArrayOperation(scope: ActiveScope | undefined, change: 1 | -1): void {
    this.#arrayOperations += change
    if (scope === undefined) this.#unscopedArrayOperations += change
    else scope.arrayOperations += change
  }

  /** @throws {TypeError} (rejects) for an empty name, and for an `fn` that is not a function. */
  async scope<R>(name: string, fn: () => R): Promise<Awaited<R>> {
    const isName = typeof name === 'string' && name !== ''
    expectThat('metrics.scope(name)', isName, 'a string that is not empty', name)
    expectThat('metrics.scope(fn)', typeof fn === 'function', 'a function', fn)
    const { blocks } = this
    const outer = this.#current.value
    const scope = this.#begin(outer, () => name, currentRequest())
    scope.named(name, this.#rows.of(name))
    blocks?.called(outer)
    let result
    try {
      // A Prisma promise starts its operation when it is awaited, so it is awaited inside the scope.
      const run = (): Promise<R> => this.#current.run(scope, async () => await fn())
      result = await (blocks === undefined ? run() : blocks.run(scope, run))
    } catch (error) {
      this.#end(scope, name, false)
      blocks?.ended(scope, outer)
      throw error
    }
    this.#end(scope, name, true)
    blocks?.ended(scope, outer)
    return result
  }

  open(request: OpenRequest): void {
    this.#current.open(request)
  }

  requestEnded(scope: ActiveScope, name: string, succeeded: boolean): void {
    this.#end(scope, name, succeeded, true)
  }

  abandoned(scope: ActiveScope): void {
    this.#open.delete(scope)
    scope.end()
  }

  #openIn(request: OpenRequest, outer: ActiveScope | undefined): ActiveScope {
    const name = (): string | undefined =>
      request.recordsUnused || scope.operations > 0 ? request.name() : undefined
    const scope: ActiveScope = this.#begin(outer, name, request, request.started)
    request.opened(this, new RequestScope(scope, this))
    return scope
  }

  capture(threshold: number, rejects: boolean = false): OpenCapture {
    const scope = new ActiveScope(this.#current.value, undefined, undefined, currentRequest())
    const capture = new OperationCapture(scope, threshold, rejects, this.#windows)
    this.#captures.add(capture)
    return {
      run: (fn) => this.#current.run(scope, fn),
      close: () => {
        this.#captures.delete(capture)
        scope.end()
        return capture.read()
      },
    }
  }

  #begin(
    outer: ActiveScope | undefined,
    name: () => string | undefined,
    request: OpenRequest | undefined,
    started?: number,
  ): ActiveScope {
    const tally = this.#nPlusOne && new CallTally(this.#nPlusOne.threshold, this.#windows)
    const scope = new ActiveScope(outer, tally, name, request, started)
    this.#open.add(scope)
    return scope
  }

  #end(scope: ActiveScope, name: string, succeeded: boolean, isRequest = false): void {
    const { tally } = scope
    scope.end()
    this.#open.delete(scope)
    try {
      const series = this.#seriesOf(name)
      scope.named(name, this.#rows.of(name))
      series[succeeded ? 'ok' : 'error'].observe(secondsSince(scope.started))
      series.operations.observe(scope.operations)
      series.database.observe(scope.databaseSeconds)
      const { scopeLastSuccess } = this.#instruments
      if (succeeded && !(scopeLastSuccess.jobsOnly && isRequest)) {
        series.lastSuccess ??= scopeLastSuccess.with(name)
        series.lastSuccess.set(Date.now() / 1000)
      }
      if (this.#activity.observed) {
        const durationSeconds = secondsSince(scope.started)
        const { operations, rows } = scope
        this.#activity.scopeEnded({ scope: name, succeeded, durationSeconds, operations, rows })
      }
      if (scope.isStream || tally === undefined) return
      for (const repeated of tally.repeated()) this.#repeated(name, repeated)
    } catch (error) {
      this.#errorReporter.report(error)
    }
  }

  #repeated(scope: string, repeated: CallCount): void {
    const { model, operation, seconds } = repeated
    if (this.#nPlusOne?.isSuspect({ scope, model, operation }, seconds) !== true) return
    this.#instruments.nPlusOneSuspects.with(scope, model, operation).inc()
    this.#instruments.nPlusOneSeconds.with(scope, model, operation).inc(seconds)
    if (this.#onSuspect === undefined && !this.#activity.observed) return
    const suspect = { scope, ...describeRepeated(repeated) }
    this.#onSuspect?.(suspect)
    this.#activity.suspect(suspect)
  }

  #seriesOf(name: string): ScopeSeries {
    let series = this.#series.get(name)
    if (series === undefined) {
      const { scopeDuration, scopeOperations, scopeDatabase } = this.#instruments
      series = {
        ok: scopeDuration.with(name, 'ok'),
        get error() {
          return scopeDuration.with(name, 'error')
        },
        operations: scopeOperations.with(name),
        database: scopeDatabase.with(name),
        lastSuccess: undefined,
      }
      scopeDuration.expose(name, 'error')
      this.#open.ofName(name)
      if (this.#series.size < this.#maxSeries) this.#series.set(name, series)
    }
    return series
  }
}
