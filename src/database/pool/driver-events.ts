import { secondsSince } from '../../support/elapsed.ts'
import { type AcquireWait, takeAcquireWait } from './acquire-wait.ts'
import type { PoolListener } from './pool.ts'

export interface Emitter {
  on(event: string, listener: (...args: never[]) => void): unknown
  removeListener(event: string, listener: (...args: never[]) => void): unknown
}

/** Adds listeners to an emitter; returns a function that removes them. */
export function subscribe(
  emitter: Emitter,
  listeners: Readonly<Record<string, (...args: never[]) => void>>,
): () => void {
  for (const [event, listener] of Object.entries(listeners)) emitter.on(event, listener)
  return () => {
    for (const [event, listener] of Object.entries(listeners))
      emitter.removeListener(event, listener)
  }
}

export type AcquireCallback = (error: unknown, ...rest: unknown[]) => void

/**
 * Times a pool's method that takes a callback at `position` or returns a promise. Returns a function
 * that restores the method.
 */
export function timeAcquires<M extends string>(
  pool: Record<M, (...args: never[]) => unknown>,
  method: M,
  position: number,
  listener: PoolListener,
  isTimeout: (error: unknown) => boolean,
): () => void {
  const original = pool[method] as (...args: unknown[]) => unknown
  let watching = true
  const timed = function (this: unknown, ...args: unknown[]): unknown {
    if (!watching) return original.apply(this, args)
    const acquire = new TimedAcquire(listener, isTimeout)
    const callback = args[position]
    if (typeof callback === 'function') {
      args[position] = function (this: unknown, ...answer: unknown[]): unknown {
        const [error, connection] = answer
        if (error) acquire.failed(error)
        else acquire.succeeded(connection)
        return Reflect.apply(callback, this, answer)
      }
      return original.apply(this, args)
    }
    const acquiring = original.apply(this, args)
    if (acquiring instanceof Promise)
      void acquiring.then(
        (connection) => acquire.succeeded(connection),
        (error: unknown) => acquire.failed(error),
      )
    return acquiring
  }
  const target = pool as Record<string, unknown>
  const own = Object.hasOwn(pool, method)
  target[method] = timed
  return () => {
    watching = false
    // If other code has wrapped this method since, the wrapper stays and only passes calls on.
    if (target[method] !== timed) return
    if (own) target[method] = original
    else delete target[method]
  }
}

/** A connection that is being acquired. */
class TimedAcquire {
  readonly #listener: PoolListener
  readonly #isTimeout: (error: unknown) => boolean
  readonly #started = performance.now()
  readonly #wait: AcquireWait | undefined = takeAcquireWait()

  constructor(listener: PoolListener, isTimeout: (error: unknown) => boolean) {
    this.#listener = listener
    this.#isTimeout = isTimeout
  }

  succeeded(connection: unknown): void {
    const now = performance.now()
    if (this.#wait !== undefined) this.#wait.acquired = now
    this.#listener.acquired((now - this.#started) / 1000, 'ok', connection)
  }

  failed(error: unknown): void {
    this.#listener.acquired(secondsSince(this.#started), 'error', undefined)
    if (this.#isTimeout(error)) this.#listener.timedOut()
  }
}

export function hasMethods(object: object, ...names: string[]): boolean {
  return names.every((name) => typeof (object as Record<string, unknown>)[name] === 'function')
}

/** Times connections from their acquisition to their release. */
export class ConnectionUse {
  readonly #listener: PoolListener
  /** Kept for each connection: writing a WeakMap twice per use costs more than the rest. */
  readonly #uses = new WeakMap<object, { started: number | undefined }>()

  constructor(listener: PoolListener) {
    this.#listener = listener
  }

  acquired(connection: object): void {
    const started = performance.now()
    const use = this.#uses.get(connection)
    if (use === undefined) this.#uses.set(connection, { started })
    else use.started = started
  }

  /** Does nothing for a connection that was acquired before its pool was watched. */
  released(connection: object): void {
    const use = this.#uses.get(connection)
    if (use?.started === undefined) return
    this.#listener.used(secondsSince(use.started))
    use.started = undefined
  }
}
