import { AsyncLocalStorage } from 'node:async_hooks'
import type { Counter } from '../../metrics/counter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { ExecutedStatement } from './operation.ts'
import type { WaitingOperation } from './operation-waits.ts'

/** An operation in progress, and the statements that are known to be its own. */
export class TrackedOperation {
  readonly model: string
  readonly operation: string
  /** The name that its statements carry; other operations in progress can have the same. */
  readonly tag: string
  /** True if Prisma can send it together with other operations, in the async context of the first one. */
  readonly batched: boolean
  /** Undefined if no driver of the client shows waits. */
  waiting: WaitingOperation | undefined
  #statements: Map<string, { count: number; seconds: number; rows: number }> | undefined = new Map()

  constructor(model: string, operation: string, tag: string, batched: boolean) {
    this.model = model
    this.operation = operation
    this.tag = tag
    this.batched = batched
  }

  /** Its statements by text; undefined if a statement may have been of another operation. */
  get statements(): readonly ExecutedStatement[] | undefined {
    return this.#statements && Array.from(this.#statements, ([sql, sums]) => ({ sql, ...sums }))
  }

  executed(sql: string, seconds: number, rows: number): void {
    const statements = this.#statements
    if (statements === undefined) return
    const known = statements.get(sql)
    if (known !== undefined) {
      known.count += 1
      known.seconds += seconds
      known.rows += rows
    } else if (statements.size < maxTexts) statements.set(sql, { count: 1, seconds, rows })
    else this.uncertain()
  }

  uncertain(): void {
    this.#statements = undefined
  }
}

/** Texts of one operation; the list of an operation with more would be incomplete, so it has none. */
const maxTexts = 100

/** The operation name of a statement that two kinds of operation in progress may have sent. */
const sharedOperation = '$shared'

/** A statement that belongs to an operation. */
export interface AttributedStatement {
  /** Its operation as one that waits; undefined if the operation is not known for certain. */
  readonly waiting: WaitingOperation | undefined
  /** To be called when it has settled. */
  settled(seconds: number, rows: number): void
}

interface StatementCounters {
  readonly statements: Counter
  readonly seconds: Counter
}

/** Attributes statements, which carry a tag, to the operations of one client. */
export class OperationStatements {
  /** False costs nothing: operations are not tracked, and statements carry no tag. */
  active = false
  readonly #instruments: Instruments
  readonly #maxSeries: number
  readonly #running = new AsyncLocalStorage<TrackedOperation>()
  readonly #inProgress = new Map<string, Set<TrackedOperation>>()
  readonly #counters = new Map<string, StatementCounters>()

  constructor({ instruments, maxSeries }: { instruments: Instruments; maxSeries: number }) {
    this.#instruments = instruments
    this.#maxSeries = maxSeries
  }

  started(operation: TrackedOperation): void {
    const same = this.#inProgress.get(operation.tag)
    if (same === undefined) this.#inProgress.set(operation.tag, new Set([operation]))
    else same.add(operation)
  }

  ended(operation: TrackedOperation): void {
    const same = this.#inProgress.get(operation.tag)
    same?.delete(operation)
    if (same?.size === 0) this.#inProgress.delete(operation.tag)
  }

  /** Runs the code of an operation, so that statements sent in its async context find it. */
  run<R>(operation: TrackedOperation, fn: () => PromiseLike<R>): Promise<R> {
    return this.#running.run(operation, async () => await fn())
  }

  /**
   * Attributes a statement that is being sent.
   *
   * @param unknown the model and operation of the tag, for a statement of no tracked operation
   */
  sent(
    tag: string,
    sql: string,
    unknown: { readonly model: string; readonly operation: string },
  ): AttributedStatement {
    const candidates = this.#inProgress.get(tag)
    const running = this.#running.getStore()
    if (candidates === undefined) return this.#attributed(unknown, undefined, sql)
    if (running !== undefined && !running.batched && candidates.has(running))
      return this.#attributed(running, running, sql)
    const [first = unknown] = candidates
    if (candidates.size === 1) return this.#attributed(first, first as TrackedOperation, sql)
    let { operation } = first
    for (const candidate of candidates) {
      candidate.uncertain()
      if (candidate.operation !== operation) operation = sharedOperation
    }
    return this.#attributed({ model: first.model, operation }, undefined, sql)
  }

  #attributed(
    { model, operation }: { readonly model: string; readonly operation: string },
    tracked: TrackedOperation | undefined,
    sql: string,
  ): AttributedStatement {
    const counters = this.#countersOf(model, operation)
    return {
      waiting: tracked?.waiting,
      settled(seconds, rows) {
        counters.statements.inc()
        counters.seconds.inc(seconds)
        tracked?.executed(sql, seconds, rows)
      },
    }
  }

  #countersOf(model: string, operation: string): StatementCounters {
    const key = `${model} ${operation}`
    let counters = this.#counters.get(key)
    if (counters === undefined) {
      const { operationStatements, operationStatementSeconds } = this.#instruments
      counters = {
        statements: operationStatements.with(model, operation),
        seconds: operationStatementSeconds.with(model, operation),
      }
      if (this.#counters.size < this.#maxSeries) this.#counters.set(key, counters)
    }
    return counters
  }
}
