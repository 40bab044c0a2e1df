import { AsyncLocalStorage } from 'node:async_hooks'
import type { Counter } from '../../metrics/counter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { ScopeAccount } from '../holders/scope-account.ts'

/** The model and operation of waits that cannot be attributed to one operation. */
const shared = '$shared'

/** An operation as the code that waits for a connection knows it. */
export class WaitingOperation {
  readonly counter: Counter
  readonly account: ScopeAccount
  /** Undefined for operations that Prisma sends in their own async context. */
  readonly tick: Tick | undefined
  /** The time that the operation is known to have waited for connections, in seconds. */
  seconds = 0
  #until = 0

  constructor(counter: Counter, account: ScopeAccount, tick: Tick | undefined) {
    this.counter = counter
    this.account = account
    this.tick = tick
  }

  /** Adds a wait; times by `performance.now()`. The statements of an operation may wait at the same time. */
  waited(from: number, until: number): void {
    this.seconds += Math.max(0, until - Math.max(from, this.#until)) / 1000
    this.#until = until
  }
}

/** The operations of one tick that Prisma sends together, in the async context of the first one. */
interface Tick {
  readonly operations: WaitingOperation[]
  inFlight: number
  /** True after a statement was sent in the context of one of them. */
  sent: boolean
}

/** The code that waits for a connection. */
export interface Waiter {
  readonly counter: Counter
  readonly account: ScopeAccount
  /** Undefined if the wait belongs to no single operation. */
  readonly operation: WaitingOperation | undefined
}

/**
 * Attributes the waits for connections to operations and scopes. A wait that cannot be attributed for
 * certain is counted under `$shared`.
 */
export class OperationWaits {
  readonly #storage = new AsyncLocalStorage<WaitingOperation>()
  readonly #instruments: Instruments
  readonly #sharedAccount: ScopeAccount
  readonly #counters = new Map<string, Counter>()
  #sharedCounter: Counter | undefined
  readonly #maxSeries: number
  #tick: Tick | undefined
  /** Operations in flight that Prisma may send in the context of another one, and has not been seen to. */
  #unsent = 0

  constructor(instruments: Instruments, account: ScopeAccount, maxSeries: number) {
    this.#instruments = instruments
    this.#maxSeries = maxSeries
    this.#sharedAccount = account
  }

  counterOf(model: string, operation: string): Counter {
    const key = `${model}.${operation}`
    let counter = this.#counters.get(key)
    if (counter === undefined) {
      counter = this.#instruments.operationWait.with(model, operation)
      if (this.#counters.size < this.#maxSeries) this.#counters.set(key, counter)
    }
    return counter
  }

  /** @param batched true if Prisma may send the operation in the context of another one. */
  started(
    model: string,
    operation: string,
    account: ScopeAccount,
    batched: boolean,
  ): WaitingOperation {
    const tick = batched ? this.#currentTick() : undefined
    const started = new WaitingOperation(this.counterOf(model, operation), account, tick)
    if (tick !== undefined) {
      tick.operations.push(started)
      tick.inFlight += 1
      this.#unsent += 1
    }
    return started
  }

  settled({ tick }: WaitingOperation): void {
    if (tick === undefined) return
    tick.inFlight -= 1
    if (!tick.sent) this.#unsent -= 1
  }

  /** Runs `fn` as the code of an operation. */
  run<R>(operation: WaitingOperation, fn: () => PromiseLike<R>): Promise<R> {
    return this.#storage.run(operation, async () => await fn())
  }

  /**
   * Returns the code whose statement is being sent.
   *
   * @param known the operation of the statement, if the statement itself names it
   */
  ofStatement(known: WaitingOperation | undefined): Waiter {
    const operation = this.#storage.getStore()
    const tick = operation?.tick
    if (tick !== undefined && !tick.sent) {
      tick.sent = true
      this.#unsent -= tick.inFlight
    }
    if (known !== undefined) return waiter(known)
    if (operation === undefined) return this.shared(this.#sharedAccount)
    if (tick === undefined) return waiter(operation)
    // An extension may have delayed an operation, which Prisma then sends in the tick of another one.
    if (this.#unsent > 0) return this.shared(this.#sharedAccount)
    const { counter, account } = operation
    const { operations } = tick
    return {
      counter: operations.every((one) => one.counter === counter) ? counter : this.#counterOfShared,
      account: operations.every((one) => one.account === account) ? account : this.#sharedAccount,
      operation: operations.length === 1 ? operation : undefined,
    }
  }

  /** Returns the operation whose transaction begins; undefined if that is not certain. */
  ofTransaction(): Waiter | undefined {
    const operation = this.#storage.getStore()
    if (operation === undefined || operation.tick !== undefined) return undefined
    return waiter(operation)
  }

  /** The waiter of code without an operation. */
  of(model: string, operation: string, account: ScopeAccount): Waiter {
    return { counter: this.counterOf(model, operation), account, operation: undefined }
  }

  /** The waiter of an operation that is not known for certain. */
  shared(account: ScopeAccount): Waiter {
    return { counter: this.#counterOfShared, account, operation: undefined }
  }

  /** Most statements need it, if operations wait rarely. */
  get #counterOfShared(): Counter {
    return (this.#sharedCounter ??= this.counterOf(shared, shared))
  }

  /** Counts a wait; times by `performance.now()`. */
  waited({ counter, account, operation }: Waiter, from: number, until: number): void {
    const seconds = (until - from) / 1000
    counter.inc(seconds)
    account.add('wait', seconds)
    operation?.waited(from, until)
  }

  #currentTick(): Tick {
    if (this.#tick === undefined) {
      this.#tick = { operations: [], inFlight: 0, sent: false }
      // After all microtasks, in which operations start.
      process.nextTick(() => (this.#tick = undefined))
    }
    return this.#tick
  }
}

function waiter(operation: WaitingOperation): Waiter {
  const { counter, account } = operation
  return { counter, account, operation }
}
