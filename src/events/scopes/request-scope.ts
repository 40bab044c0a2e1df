import type { OpenScope } from '../../metrics/scope-trackers.ts'
import type { ActiveScope } from './active-scope.ts'
import type { EventLoopBlocks } from './event-loop-blocks.ts'

/** The instrumentation that records the scopes of requests. */
interface Recorder {
  /** Undefined if blocks of the event loop are not measured. */
  readonly blocks: EventLoopBlocks | undefined
  requestEnded(scope: ActiveScope, name: string, succeeded: boolean): void
  abandoned(scope: ActiveScope): void
}

/** The scope of a request in one instrumentation. */
export class RequestScope implements OpenScope {
  readonly active: ActiveScope
  readonly #recorder: Recorder

  constructor(active: ActiveScope, recorder: Recorder) {
    this.active = active
    this.#recorder = recorder
  }

  get used(): boolean {
    return this.active.operations > 0
  }

  run<R>(fn: () => R): R {
    const { blocks } = this.#recorder
    return blocks === undefined ? fn() : blocks.run(this.active, fn)
  }

  end(name: string, succeeded: boolean, isStream: boolean): void {
    this.active.isStream = isStream
    this.#recorder.requestEnded(this.active, name, succeeded)
  }

  abandon(): void {
    this.#recorder.abandoned(this.active)
  }
}
