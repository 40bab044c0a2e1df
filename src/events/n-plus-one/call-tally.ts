import { isDeepStrictEqual } from 'node:util'
import type { OperationCall } from '../../database/operations/operation.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'
import type { BatchWindows } from './batch-window.ts'
import { BatchedCalls, isBatched } from './batched-find-unique.ts'
import type { Fingerprint, FingerprintTree, OperationFingerprints } from './fingerprint-tree.ts'
import type { CallCount } from './repeated-call.ts'

/** A call that a tally has counted, to which its duration is added. */
export class CountedCall {
  readonly call: OperationCall
  /** The batch window of a call that Prisma may merge. */
  readonly window: number | undefined
  #seconds = 0
  #count: FingerprintCount | undefined

  constructor(call: OperationCall, window: number | undefined) {
    this.call = call
    this.window = window
  }

  settled(seconds: number): void {
    this.#seconds = seconds
    if (this.#count !== undefined) this.#count.seconds += seconds
  }

  /** Adds its duration, also if it is known only later, to those of its fingerprint. */
  addTo(count: FingerprintCount): void {
    this.#count = count
    count.seconds += this.#seconds
  }
}

class FingerprintCount implements CallCount {
  readonly model: string
  readonly operation: string
  count = 0
  seconds = 0
  example: OperationCall | undefined
  /** Compared with later calls; undefined once one has differed. */
  #first: OperationCall | undefined
  readonly #batched = new BatchedCalls()
  /** Calls of the last batch window that were merged with its first one, and cost nothing of their own. */
  #merged: CountedCall[] = []

  constructor(call: OperationCall) {
    this.model = call.model ?? rawModel
    this.operation = call.operation
    // Arguments that contain rows may be large, so they are not kept.
    this.#first = holdsRows(call) || call.hidesValues === true ? undefined : call
  }

  get identical(): boolean {
    return this.#first !== undefined
  }

  add(counted: CountedCall, threshold: number): void {
    const { call, window } = counted
    if (this.#first !== undefined && !isDeepStrictEqual(call.args, this.#first.args))
      this.#first = undefined
    const statements = this.#batched.add(call, window)
    this.count += statements
    if (statements === 0) this.#merged.push(counted)
    else {
      if (statements > 1) for (const merged of this.#merged) merged.addTo(this)
      this.#merged = []
      counted.addTo(this)
    }
    if (this.count >= threshold) this.example ??= call
  }
}

/** The calls of one model and operation. */
interface SeriesCalls {
  readonly fingerprints: FingerprintTree
  /** The first calls: few scopes call one operation often enough for its fingerprints to matter. */
  waiting: CountedCall[] | undefined
  readonly counts: Map<Fingerprint, FingerprintCount>
}

/** Fingerprints of one operation that a scope counts; it ignores further ones. */
const maxFingerprints = 100
/** Operations that a scope counts; it ignores further ones. */
const maxSeries = 200
/** Calls that are kept before their fingerprints are computed. */
const maxWaiting = 10

/** Counts the calls of one scope by fingerprint. */
export class CallTally {
  readonly #threshold: number
  readonly #windows: BatchWindows
  readonly #series = new Map<OperationFingerprints, SeriesCalls>()

  constructor(threshold: number, windows: BatchWindows) {
    this.#threshold = threshold
    this.#windows = windows
  }

  /**
   * @param fingerprints those of the call's model and operation.
   * @returns the count that the call has brought to the threshold, or above it
   */
  count(fingerprints: OperationFingerprints, counted: CountedCall): CallCount | undefined {
    let series = this.#series.get(fingerprints)
    if (series === undefined) {
      if (this.#series.size >= maxSeries) return undefined
      series = { fingerprints: fingerprints.tree, waiting: [], counts: new Map() }
      this.#series.set(fingerprints, series)
    }
    const { waiting } = series
    if (waiting === undefined || holdsRows(counted.call)) return this.#add(series, counted)
    waiting.push(counted)
    return waiting.length >= Math.min(this.#threshold, maxWaiting)
      ? this.#addWaiting(series)
      : undefined
  }

  /** A call as {@link count} expects it. */
  counted(call: OperationCall): CountedCall {
    return new CountedCall(call, isBatched(call) ? this.#windows.current() : undefined)
  }

  /** Returns the calls that reached the threshold. */
  repeated(): CallCount[] {
    const threshold = this.#threshold
    const repeated: CallCount[] = []
    for (const series of this.#series.values()) {
      // The usual case: no operation was called often enough.
      if (series.counts.size === 0 && (series.waiting ?? []).length < threshold) continue
      this.#addWaiting(series)
      for (const count of series.counts.values()) if (count.count >= threshold) repeated.push(count)
    }
    return repeated
  }

  /** Returns the count of the last call if it has reached the threshold. */
  #addWaiting(series: SeriesCalls): CallCount | undefined {
    const { waiting = [] } = series
    series.waiting = undefined
    let last: CallCount | undefined
    for (const counted of waiting) last = this.#add(series, counted)
    return last
  }

  #add({ fingerprints, counts }: SeriesCalls, counted: CountedCall): CallCount | undefined {
    const { call } = counted
    const fingerprint = fingerprints.of(call)
    if (fingerprint === undefined) return undefined
    let count = counts.get(fingerprint)
    if (count === undefined) {
      if (counts.size >= maxFingerprints) return undefined
      count = new FingerprintCount(call)
      counts.set(fingerprint, count)
    }
    count.add(counted, this.#threshold)
    return count.count >= this.#threshold ? count : undefined
  }
}

function holdsRows({ args }: OperationCall): boolean {
  return Array.isArray((args as { data?: unknown } | undefined)?.data)
}
