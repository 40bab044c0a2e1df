import { AsyncLocalStorage } from 'node:async_hooks'
import { type ErrorReporter, isThenable } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import type { OperationEvent } from './operation-event.ts'

export type AnyEvent = OperationEvent<string, string, unknown, unknown>

interface Registration {
  readonly handler: (event: never) => unknown
  active: boolean
  /**
   * Calls after which it did nothing any more, as far as was seen. Below zero, whatever is added, for a
   * handler that goes on after it has returned.
   */
  quietCalls: number
}

/** The handlers of one model and operation, as they are at a moment. */
export interface HandlerList {
  /** Replaced as a whole, so that what is held is what it was. */
  registrations: readonly Registration[]
}

const none: readonly Registration[] = []

/** So many quiet calls, and a handler is believed to be one that only counts. */
const quietCallsToBelieve = 100
const goesOn = Number.NEGATIVE_INFINITY

/** What runs after the commit: the handlers of operations, and single callbacks. */
export class EventHandlers {
  readonly #instruments: Instruments
  readonly #transactions: TransactionScopes
  readonly #errorReporter: ErrorReporter
  readonly #lists = new Map<string, HandlerList>()
  /** The handlers that the running code is part of, but for those that are believed to be quiet. */
  readonly #running = new AsyncLocalStorage<readonly Registration[]>()
  readonly #notQuiet = new Set<Registration>()

  constructor(
    instruments: Instruments,
    transactions: TransactionScopes,
    errorReporter: ErrorReporter,
  ) {
    this.#instruments = instruments
    this.#transactions = transactions
    this.#errorReporter = errorReporter
  }

  /** The list of a model and operation, which handlers come to and go from later. */
  listOf(model: string, operation: string): HandlerList {
    const key = `${model}.${operation}`
    let list = this.#lists.get(key)
    if (list === undefined) this.#lists.set(key, (list = { registrations: [] }))
    return list
  }

  on(model: string, operations: readonly string[], handler: (event: never) => unknown): () => void {
    const registration: Registration = { handler, active: true, quietCalls: 0 }
    this.#notQuiet.add(registration)
    const lists = new Set(operations.map((operation) => this.listOf(model, operation)))
    for (const list of lists) list.registrations = [...list.registrations, registration]
    for (const operation of operations) this.#instruments.eventHandlerErrors.with(model, operation)
    return () => {
      registration.active = false
      this.#notQuiet.delete(registration)
      for (const list of lists)
        list.registrations = list.registrations.filter((other) => other !== registration)
    }
  }

  /** Tells the handlers of an operation, once `scope` has committed it. */
  tell({ registrations }: HandlerList, event: AnyEvent, scope: TransactionScope | undefined): void {
    // A handler is not told of what it has caused itself: it would never come to an end.
    const running = this.#running.getStore() ?? none
    for (const registration of running) registration.quietCalls = goesOn
    if (scope === undefined) this.#callAll(registrations, event, running)
    else scope.add({ committed: () => this.#callAll(registrations, event, running) })
  }

  afterCommit(fn: () => unknown): void {
    const failed = (error: unknown): void => this.#failed('$afterCommit', 'afterCommit', error)
    const committed = (): void => {
      this.#transactions.outside(() => this.#errorReporter.callBack(fn, failed))
    }
    this.#transactions.add({ committed }, this.#transactions.current())
  }

  #callAll(
    registrations: readonly Registration[],
    event: AnyEvent,
    running: readonly Registration[],
  ): void {
    // With the outer client in the middle of a transaction: what the handler does is outside of that.
    if (this.#transactions.current() !== undefined)
      return this.#transactions.outside(() => this.#callAll(registrations, event, running))
    for (const registration of registrations) {
      if (registration.active && !running.includes(registration))
        this.#call(registration, event, running)
    }
  }

  #call(registration: Registration, event: AnyEvent, running: readonly Registration[]): void {
    const { handler } = registration
    try {
      if (registration.quietCalls >= quietCallsToBelieve) {
        const returned = handler(event as never)
        if (isThenable(returned)) this.#follow(returned, registration, event, running)
        return
      }
      const returned = this.#running.run([...running, registration], () => handler(event as never))
      if (isThenable(returned)) this.#follow(returned, registration, event, running)
      else this.#believe(registration)
    } catch (error) {
      this.#failed(event.model, event.operation, error)
    }
  }

  #believe(registration: Registration): void {
    registration.quietCalls += 1
    if (registration.quietCalls < quietCallsToBelieve) return
    this.#notQuiet.delete(registration)
    // Where marks are in use, Node 20 tracks every promise: handlers that only count need not cost that.
    if (this.#notQuiet.size === 0) this.#running.disable()
  }

  #follow(
    returned: PromiseLike<unknown>,
    registration: Registration,
    { model, operation }: AnyEvent,
    running: readonly Registration[],
  ): void {
    registration.quietCalls = goesOn
    if (registration.active) this.#notQuiet.add(registration)
    // A Prisma promise begins here, not before.
    this.#running.run([...running, registration], () =>
      returned.then(undefined, (error: unknown) => this.#failed(model, operation, error)),
    )
  }

  #failed(model: string, operation: string, error: unknown): void {
    this.#instruments.eventHandlerErrors.with(model, operation).inc()
    this.#errorReporter.tell(error)
  }
}
