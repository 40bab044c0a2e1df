import { processState } from '../../support/process-state.ts'

// One per process: the calls of one copy of this package are skipped by the pools of another.
const state = processState('recorded-calls', 1, () => ({ depth: 0 }))

/**
 * Makes a call of a driver whose statements are recorded by the caller, or not recorded on purpose: a
 * pool that is instrumented itself skips what `call` asks of it before it returns.
 */
export function asRecordedCall<R>(call: () => R): R {
  state.depth += 1
  try {
    return call()
  } finally {
    state.depth -= 1
  }
}

/** True inside {@link asRecordedCall}. */
export function isRecordedCall(): boolean {
  return state.depth > 0
}
