import { processState } from '../../support/process-state.ts'

/** The wait of one call that requests a connection from a pool before it returns. */
export class AcquireWait {
  /** True once a pool that is watched was asked. */
  requested = false
  /** When the connection was acquired, by `performance.now()`; undefined before, and if it never was. */
  acquired: number | undefined
}

interface Acquiring {
  wait: AcquireWait | undefined
}

// One per process: a pool may be watched by another copy of this package.
const acquiring = processState('acquire-wait', 1, (): Acquiring => ({ wait: undefined }))

/** Runs `call`. The first connection that it requests before it returns is the one of `wait`. */
export function acquiringFor<R>(wait: AcquireWait, call: () => R): R {
  const outer = acquiring.wait
  acquiring.wait = wait
  try {
    return call()
  } finally {
    acquiring.wait = outer
  }
}

/** Returns the wait of the connection that is being requested. Later requests of the call have none. */
export function takeAcquireWait(): AcquireWait | undefined {
  const { wait } = acquiring
  acquiring.wait = undefined
  if (wait !== undefined) wait.requested = true
  return wait
}
