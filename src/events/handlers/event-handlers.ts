import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { TransactionScope } from '../../database/operations/transaction-scope.ts'
import type { TransactionScopes } from '../../database/operations/transaction-scopes.ts'
import type { OperationEvent } from './operation-event.ts'

export type AnyEvent = OperationEvent<string, string, unknown, unknown>

interface Registration {
  readonly handler: (event: never) => unknown
  active: boolean
}

/** The handlers of one model and operation. */
export interface HandlerList {
  /** Replaced, not changed, so that a pending dispatch keeps the handlers of its time. */
  registrations: readonly Registration[]
}

const none: readonly Registration[] = []

/** Runs the handlers of operations, and single callbacks, after the commit. */
export class EventHandlers {
  readonly #instruments: Instruments
  readonly #transactions: TransactionScopes
  readonly #errorReporter: ErrorReporter
  readonly #lists = new Map<string, HandlerList>()
  /** The handlers that the running code is part of. */
  readonly #running = new AsyncLocalStorage<readonly Registration[]>()

  constructor(
    instruments: Instruments,
    transactions: TransactionScopes,
    errorReporter: ErrorReporter,
  ) {
    this.#instruments = instruments
    this.#transactions = transactions
    this.#errorReporter = errorReporter
  }

  /** Returns the list of a model and operation; handlers added later appear in it. */
  listOf(model: string, operation: string): HandlerList {
    const key = `${model}.${operation}`
    let list = this.#lists.get(key)
    if (list === undefined) this.#lists.set(key, (list = { registrations: [] }))
    return list
  }

  on(model: string, operations: readonly string[], handler: (event: never) => unknown): () => void {
    const registration: Registration = { handler, active: true }
    const lists = new Set(operations.map((operation) => this.listOf(model, operation)))
    for (const list of lists) list.registrations = [...list.registrations, registration]
    for (const operation of operations) this.#instruments.eventHandlerErrors.with(model, operation)
    return () => {
      registration.active = false
      for (const list of lists)
        list.registrations = list.registrations.filter((other) => other !== registration)
    }
  }

  /** Calls the handlers of an operation once `scope` has committed it. */
  dispatch(
    { registrations }: HandlerList,
    event: AnyEvent,
    scope: TransactionScope | undefined,
  ): void {
    // A handler is not called for its own operations, which would call it endlessly.
    const running = this.#running.getStore() ?? none
    if (scope === undefined) this.#callAll(registrations, event, running)
    else scope.add({ committed: () => this.#callAll(registrations, event, running) })
  }

  afterCommit(fn: () => unknown): void {
    const failed = (error: unknown): void => this.#failed('$afterCommit', 'afterCommit', error)
    const committed = (): void => {
      this.#transactions.outside(() => this.#errorReporter.guard(fn, failed))
    }
    this.#transactions.add({ committed }, this.#transactions.current())
  }

  #callAll(
    registrations: readonly Registration[],
    event: AnyEvent,
    running: readonly Registration[],
  ): void {
    // An operation of the outer client inside a transaction: the handler runs outside that transaction.
    if (this.#transactions.current() !== undefined)
      return this.#transactions.outside(() => this.#callAll(registrations, event, running))
    for (const registration of registrations) {
      if (registration.active && !running.includes(registration))
        this.#call(registration, event, running)
    }
  }

  #call(registration: Registration, event: AnyEvent, running: readonly Registration[]): void {
    const { handler } = registration
    const { model, operation } = event
    const failed = (error: unknown): void => this.#failed(model, operation, error)
    // A Prisma promise that the handler returns starts its operation here, as part of the handler.
    this.#running.run([...running, registration], () =>
      this.#errorReporter.guard(() => handler(event as never), failed),
    )
  }

  #failed(model: string, operation: string, error: unknown): void {
    this.#instruments.eventHandlerErrors.with(model, operation).inc()
    this.#errorReporter.notify(error)
  }
}
