import type { OperationCall } from '../../database/operations/operation.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'
import type { BatchWindows } from './batch-window.ts'
import { BatchedCalls, isBatched } from './batched-find-unique.ts'
import { callerFrames } from './caller-frames.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Fingerprint, FingerprintTree, OperationFingerprints } from './fingerprint-tree.ts'

/** An operation that one scope has called repeatedly with different values only. */
export interface RepeatedCall {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  /** The structure of the arguments, or the SQL, without values. */
  readonly fingerprint: string
  readonly count: number
  /**
   * The application's stack frames of the call that reached the threshold, one per line. Undefined if
   * Prisma did not record them: it does for model operations, unless `errorFormat` is `'minimal'`.
   */
  readonly stack: string | undefined
}

/** The number of calls with one fingerprint. */
export interface CallCount {
  readonly model: string
  readonly operation: string
  readonly count: number
  /** The call that reached the threshold. */
  readonly example: OperationCall | undefined
}

interface FingerprintCount extends CallCount {
  count: number
  example: OperationCall | undefined
  readonly batched: BatchedCalls
}

interface Call {
  readonly call: OperationCall
  /** The batch window of a call that Prisma may merge. */
  readonly window: number | undefined
}

/** The calls of one model and operation. */
interface SeriesCalls {
  readonly fingerprints: FingerprintTree
  /** The first calls: few scopes call one operation often enough for its fingerprints to matter. */
  waiting: Call[] | undefined
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

  /** @param fingerprints those of the call's model and operation. */
  count(fingerprints: OperationFingerprints, call: OperationCall): void {
    const window = isBatched(call) ? this.#windows.current() : undefined
    let series = this.#series.get(fingerprints)
    if (series === undefined) {
      if (this.#series.size >= maxSeries) return
      series = { fingerprints: fingerprints.tree, waiting: [], counts: new Map() }
      this.#series.set(fingerprints, series)
    }
    const { waiting } = series
    // Arguments that contain rows may be large, so they are not kept.
    if (waiting === undefined || holdsRows(call)) this.#countFingerprint(series, call, window)
    else {
      waiting.push({ call, window })
      if (waiting.length >= Math.min(this.#threshold, maxWaiting)) this.#countWaiting(series)
    }
  }

  /** Returns the calls that reached the threshold. */
  repeated(): CallCount[] {
    const threshold = this.#threshold
    const repeated: CallCount[] = []
    for (const series of this.#series.values()) {
      // The usual case: no operation was called often enough.
      if (series.counts.size === 0 && (series.waiting ?? []).length < threshold) continue
      this.#countWaiting(series)
      for (const count of series.counts.values()) if (count.count >= threshold) repeated.push(count)
    }
    return repeated
  }

  #countWaiting(series: SeriesCalls): void {
    const { waiting = [] } = series
    series.waiting = undefined
    for (const { call, window } of waiting) this.#countFingerprint(series, call, window)
  }

  #countFingerprint(
    { fingerprints, counts }: SeriesCalls,
    call: OperationCall,
    window: number | undefined,
  ): void {
    const fingerprint = fingerprints.of(call)
    if (fingerprint === undefined) return
    let entry = counts.get(fingerprint)
    if (entry === undefined) {
      if (counts.size >= maxFingerprints) return
      const { model = rawModel, operation } = call
      entry = { model, operation, count: 0, batched: new BatchedCalls(), example: undefined }
      counts.set(fingerprint, entry)
    }
    entry.count += entry.batched.add(call, window)
    if (entry.count >= this.#threshold) entry.example ??= call
  }
}

function holdsRows({ args }: OperationCall): boolean {
  return Array.isArray((args as { data?: unknown } | undefined)?.data)
}

/** Adds the text of the fingerprint and the stack, which cost more than the counting. */
export function describeRepeated({ model, operation, count, example }: CallCount): RepeatedCall {
  const fingerprint = example === undefined ? '?' : fingerprintOf(example)
  const stack = example === undefined ? undefined : callerFrames(example)
  return { model, operation, fingerprint, count, stack }
}
