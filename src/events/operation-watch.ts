import type { OperationCall, OperationObserver } from '../database/operations/operation.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import type { EventHandlers, HandlerList } from './handlers/event-handlers.ts'
import { OperationFingerprints } from './n-plus-one/fingerprint-tree.ts'
import type { ActiveScope } from './scopes/active-scope.ts'
import type { Scopes } from './scopes/scopes.ts'
import type { SlowOperations } from './slow-operations.ts'

interface Parts {
  readonly client: string
  readonly handlers: EventHandlers
  readonly scopes: Scopes
}

/** Passes the operations of one model and name to scopes, handlers and slow operation detection. */
export class OperationWatch implements OperationObserver<ActiveScope | undefined> {
  readonly #client: string
  readonly #handlers: EventHandlers
  readonly #scopes: Scopes
  readonly #slow: SlowOperations | undefined
  readonly #list: HandlerList
  readonly #fingerprints = new OperationFingerprints()

  constructor(parts: Parts, model: string, operation: string, slow: SlowOperations | undefined) {
    this.#client = parts.client
    this.#handlers = parts.handlers
    this.#scopes = parts.scopes
    this.#slow = slow
    this.#list = parts.handlers.listOf(model, operation)
  }

  started(call: OperationCall): ActiveScope | undefined {
    return this.#scopes.operationStarted(call, this.#fingerprints)
  }

  succeeded(
    scope: ActiveScope | undefined,
    call: OperationCall,
    result: unknown,
    durationSeconds: number,
  ): void {
    scope?.operationSettled(durationSeconds)
    this.#slow?.settled(call, durationSeconds)
    if (this.#list.registrations.length === 0) return
    const { model = rawModel, operation, args } = call
    const event = { model, operation, args, result, durationSeconds, client: this.#client }
    this.#handlers.dispatch(this.#list, event, call.transaction)
  }

  failed(scope: ActiveScope | undefined, call: OperationCall, durationSeconds: number): void {
    scope?.operationSettled(durationSeconds)
    this.#slow?.settled(call, durationSeconds)
  }
}
