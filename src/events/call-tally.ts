import { callerStack } from '../prisma/internals.ts'
import type { OperationCall } from '../prisma/operation-observer.ts'
import { rawModel } from '../prisma/statement-series.ts'
import { isMergedInTick } from './merging.ts'
import { shapeOf } from './shape.ts'
import type { Shape } from './shape-tree.ts'
import type { Ticks } from './ticks.ts'

/** An operation that one unit of work has called again and again with nothing but other values. */
export interface RepeatedCall {
  /** `$raw` for raw operations. */
  readonly model: string
  readonly operation: string
  /** The structure of the arguments, or the SQL, without values. */
  readonly shape: string
  readonly count: number
  /**
   * Where the call that reached the threshold was made: the application's frames, where Prisma has
   * noted them. It does so for model operations, unless `errorFormat` is `'minimal'`.
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

interface Entry extends CallCount {
  count: number
  example: OperationCall | undefined
  /** The tick it was last counted in, where Prisma merges the calls of one tick. */
  tick: number | undefined
}

/** Shapes that one unit of work keeps apart; those that come later are not counted. */
const maxShapes = 500

/** Counts the calls of one unit of work by their shapes. */
export class CallTally {
  readonly threshold: number
  readonly #ticks: Ticks
  readonly #entries = new Map<Shape, Entry>()

  /** @param threshold the lowest count that anybody will ask about. */
  constructor(threshold: number, ticks: Ticks) {
    this.threshold = threshold
    this.#ticks = ticks
  }

  count(shape: Shape, call: OperationCall): void {
    const tick = isMergedInTick(call) ? this.#ticks.current() : undefined
    let entry = this.#entries.get(shape)
    if (entry === undefined) {
      if (this.#entries.size >= maxShapes) return
      const { model = rawModel, operation } = call
      entry = { model, operation, count: 0, tick: undefined, example: undefined }
      this.#entries.set(shape, entry)
    } else if (tick !== undefined && tick === entry.tick) return
    entry.tick = tick
    entry.count += 1
    if (entry.count === this.threshold) entry.example = call
  }

  /** What came `threshold` times or more often. */
  repeated(threshold: number): CallCount[] {
    return [...this.#entries.values()].filter(({ count }) => count >= threshold)
  }
}

/** Says more of what was repeated: making a stack costs more than all that was counted. */
export function describeRepeated({ model, operation, count, example }: CallCount): RepeatedCall {
  const shape = example === undefined ? '?' : shapeOf(example)
  const stack = example === undefined ? undefined : callerStack(example)
  return { model, operation, shape, count, stack }
}
