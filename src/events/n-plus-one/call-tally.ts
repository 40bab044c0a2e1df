import type { OperationCall } from '../../database/operations/operation.ts'
import { rawModel } from '../../database/statements/parsed-statements.ts'
import { callerFrames } from './caller-frames.ts'
import { isMergedInTick, MergedCalls } from './batched-find-unique.ts'
import { shapeOf } from './fingerprint.ts'
import type { OperationShapes, Shape, ShapeTree } from './fingerprint-tree.ts'
import type { Ticks } from './batch-window.ts'

/** An operation that one unit of work has called again and again with nothing but other values. */
export interface RepeatedCall {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  /** The structure of the arguments, or the SQL, without values. */
  readonly shape: string
  readonly count: number
  /**
   * Where the call that reached the threshold was made: the application's own frames, one in a line,
   * where Prisma has noted them. It does so for model operations, unless `errorFormat` is `'minimal'`.
   */
  readonly stack: string | undefined
}

/** How often calls of one shape were made. */
export interface CallCount {
  readonly model: string
  readonly operation: string
  readonly count: number
  /** The call that reached the threshold. */
  readonly example: OperationCall | undefined
}

interface ShapeCount extends CallCount {
  count: number
  example: OperationCall | undefined
  readonly merged: MergedCalls
}

interface Call {
  readonly call: OperationCall
  /** Where Prisma merges the calls of one tick. */
  readonly tick: number | undefined
}

/** The calls of one model and operation. */
interface SeriesCalls {
  readonly shapes: ShapeTree
  /** The first ones, as they came: few units call one operation so often that its shapes matter. */
  waiting: Call[] | undefined
  readonly counts: Map<Shape, ShapeCount>
}

/** Shapes of one operation that one unit of work keeps apart; those that come later are not counted. */
const maxShapes = 100
/** Operations that one unit of work keeps apart. */
const maxSeries = 200
/** Calls that are kept before their shapes are looked at. */
const maxWaiting = 10

/** Counts the calls of one unit of work by their shapes. */
export class CallTally {
  readonly #threshold: number
  readonly #ticks: Ticks
  readonly #series = new Map<OperationShapes, SeriesCalls>()

  constructor(threshold: number, ticks: Ticks) {
    this.#threshold = threshold
    this.#ticks = ticks
  }

  /** @param shapes those of the call's model and operation. */
  count(shapes: OperationShapes, call: OperationCall): void {
    const tick = isMergedInTick(call) ? this.#ticks.current() : undefined
    let series = this.#series.get(shapes)
    if (series === undefined) {
      if (this.#series.size >= maxSeries) return
      series = { shapes: shapes.tree, waiting: [], counts: new Map() }
      this.#series.set(shapes, series)
    }
    const { waiting } = series
    // Arguments are kept for a while, but not those that may be large.
    if (waiting === undefined || holdsRows(call)) this.#countShape(series, call, tick)
    else {
      waiting.push({ call, tick })
      if (waiting.length >= Math.min(this.#threshold, maxWaiting)) this.#countWaiting(series)
    }
  }

  /** What came `threshold` times or more often. */
  repeated(): CallCount[] {
    const threshold = this.#threshold
    const repeated: CallCount[] = []
    for (const series of this.#series.values()) {
      // The usual end of it: nothing was called often enough to look closer.
      if (series.counts.size === 0 && (series.waiting ?? []).length < threshold) continue
      this.#countWaiting(series)
      for (const count of series.counts.values()) if (count.count >= threshold) repeated.push(count)
    }
    return repeated
  }

  #countWaiting(series: SeriesCalls): void {
    const { waiting = [] } = series
    series.waiting = undefined
    for (const { call, tick } of waiting) this.#countShape(series, call, tick)
  }

  #countShape(
    { shapes, counts }: SeriesCalls,
    call: OperationCall,
    tick: number | undefined,
  ): void {
    const shape = shapes.of(call)
    if (shape === undefined) return
    let entry = counts.get(shape)
    if (entry === undefined) {
      if (counts.size >= maxShapes) return
      const { model = rawModel, operation } = call
      entry = { model, operation, count: 0, merged: new MergedCalls(), example: undefined }
      counts.set(shape, entry)
    }
    entry.count += entry.merged.add(call, tick)
    if (entry.count >= this.#threshold) entry.example ??= call
  }
}

function holdsRows({ args }: OperationCall): boolean {
  return Array.isArray((args as { data?: unknown } | undefined)?.data)
}

/** Says more of what was repeated: making a stack costs more than all that was counted. */
export function describeRepeated({ model, operation, count, example }: CallCount): RepeatedCall {
  const shape = example === undefined ? '?' : shapeOf(example)
  const stack = example === undefined ? undefined : callerFrames(example)
  return { model, operation, shape, count, stack }
}
