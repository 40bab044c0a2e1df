import type { OperationCall, OperationObserver } from '../database/operations/operation.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import type { OperationActivity } from './operation-activity.ts'
import type { FailedOperations } from './failed-operations.ts'
import type { EventHandlers, HandlerList } from './handlers/event-handlers.ts'
import { OperationFingerprints } from './n-plus-one/fingerprint-tree.ts'
import type { ScopedOperation, Scopes } from './scopes/scopes.ts'
import type { SlowOperations } from './slow-operations.ts'

interface Parts {
  readonly client: string
  readonly handlers: EventHandlers
  readonly scopes: Scopes
  readonly slow: SlowOperations | undefined
  readonly failed: FailedOperations | undefined
  readonly activity: OperationActivity
}

/** Passes the operations of one model and name to scopes, handlers and the callbacks of options. */
export class OperationWatch implements OperationObserver<ScopedOperation | undefined> {
  readonly #parts: Parts
  readonly #list: HandlerList
  readonly #fingerprints = new OperationFingerprints()

  constructor(parts: Parts, model: string, operation: string) {
    this.#parts = parts
    this.#list = parts.handlers.listOf(model, operation)
  }

  started(call: OperationCall): ScopedOperation | undefined {
    const { scopes, activity } = this.#parts
    const scoped = scopes.operationStarted(call, this.#fingerprints)
    if (activity.observed) activity.started(call, scoped?.scope)
    return scoped
  }

  resumed(scoped: ScopedOperation | undefined): void {
    this.#parts.scopes.blocks?.resume(scoped?.scope)
  }

  refusal(scoped: ScopedOperation | undefined): Error | undefined {
    return scoped?.refusal
  }

  succeeded(
    scoped: ScopedOperation | undefined,
    call: OperationCall,
    result: unknown,
    durationSeconds: number,
  ): void {
    const { slow, client, handlers, activity } = this.#parts
    settled(scoped, durationSeconds)
    slow?.settled(call, scoped?.scope, durationSeconds)
    if (activity.observed) activity.settled(call, scoped?.scope, durationSeconds, undefined)
    if (this.#list.registrations.length === 0) return
    const { model = rawModel, operation, args } = call
    const event = { model, operation, args, result, durationSeconds, client }
    handlers.dispatch(this.#list, event, call.transaction)
  }

  failed(
    scoped: ScopedOperation | undefined,
    call: OperationCall,
    durationSeconds: number,
    code: string,
  ): void {
    const { slow, failed, activity } = this.#parts
    settled(scoped, durationSeconds)
    slow?.settled(call, scoped?.scope, durationSeconds)
    failed?.failed(call, scoped?.scope, durationSeconds, code)
    if (activity.observed) activity.settled(call, scoped?.scope, durationSeconds, code)
  }
}

function settled(scoped: ScopedOperation | undefined, seconds: number): void {
  scoped?.counted?.settled(seconds)
  scoped?.scope?.operationSettled(seconds)
}
