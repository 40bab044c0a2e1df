import { secondsSince } from '../../support/elapsed.ts'
import { takeAcquireWait } from './acquire-wait.ts'
import type { AcquireOutcome, PoolListener } from './pool.ts'

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
    const started = performance.now()
    const wait = takeAcquireWait()
    const record = (outcome: AcquireOutcome, result?: unknown): void => {
      if (wait !== undefined && outcome === 'ok') wait.acquired = performance.now()
      listener.acquired(secondsSince(started), outcome, outcome === 'ok' ? result : undefined)
      if (outcome === 'error' && isTimeout(result)) listener.timedOut()
    }
    const callback = args[position]
    if (typeof callback === 'function') {
      args[position] = function (this: unknown, error: unknown, ...rest: unknown[]): unknown {
        if (error) record('error', error)
        else record('ok', rest[0])
        return callback.call(this, error, ...rest)
      }
      return original.apply(this, args)
    }
    const acquiring = original.apply(this, args)
    if (acquiring instanceof Promise)
      void acquiring.then(
        (connection) => record('ok', connection),
        (error: unknown) => record('error', error),
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

export function hasMethods(object: object, ...names: string[]): boolean {
  return names.every((name) => typeof (object as Record<string, unknown>)[name] === 'function')
}

/** Times connections from their acquisition to their release. */
export class ConnectionUse {
  readonly #listener: PoolListener
  /** By connection, a reading of `performance.now()`. */
  readonly #acquired = new WeakMap<object, number>()

  constructor(listener: PoolListener) {
    this.#listener = listener
  }

  acquired(connection: object): void {
    this.#acquired.set(connection, performance.now())
  }

  /** Does nothing for a connection that was acquired before its pool was watched. */
  released(connection: object): void {
    const started = this.#acquired.get(connection)
    if (started === undefined) return
    this.#acquired.delete(connection)
    this.#listener.used(secondsSince(started))
  }
}
